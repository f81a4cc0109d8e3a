using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>One class of a user's assembly, for one job.</summary>
internal sealed class IsolatedProgram(IsolatedRunner runner, JobId job, CodeFile file, string assembly, string role, ValueFormat input)
{
    private bool _closed;

    /// <summary>The runner.</summary>
    public IsolatedRunner Runner => runner;

    /// <summary>The job.</summary>
    public JobId Job => job;

    /// <summary>The user's file.</summary>
    public CodeFile File => file;

    /// <summary>Full path of the assembly that holds it.</summary>
    public string Assembly => assembly;

    /// <summary>What tells its assembly, and what that may load, from others.</summary>
    public string Module => $"{assembly}\0{file.SourceFolder}";

    /// <summary><c>mapper</c>, <c>combiner</c> or <c>reducer</c>.</summary>
    public string Role => role;

    /// <summary>For messages.</summary>
    public string Title => $"the {role} '{file.Name}'";

    /// <summary>What tells it from the other programs of its job.</summary>
    public string Identity { get; } = string.Join('\0', [role, input.ToString(), file.Name, assembly, file.SourceFolder, .. file.Arguments]);

    /// <summary>Format of the values it emits, known once it is open.</summary>
    public ValueFormat Output { get; set; }

    /// <summary>Loads it into a process, which is then this job's.</summary>
    /// <exception cref="UserCodeFault">It has not what its contract wants, or threw.</exception>
    /// <exception cref="ProgramFailure">The process ended, or hangs.</exception>
    public void Load(DotNetProcess process, CancellationToken cancellation)
    {
        process.Job = job;
        process.Errors = new StandardErrorTail();
        ByteBuffer frame = process.NewFrame();
        new LoadRequest(job, file with { Path = assembly }, role, input, runner.Options.HeldBytesMax, runner.Options.RecordBytesMax, runner.Options.OpenTimeout).WriteTo(frame);
        Frame.Seal(frame, HostFrame.Load);
        process.Send(frame, recycle: true);
        ReceivedFrame answer = process.Receive(runner.Options.OpenTimeout, cancellation);
        if (answer.Kind == HostFrame.Fault)
        {
            FieldReader fields = new(answer.Body);
            FailureCard card = HostCards.Read(ref fields, Cards.AtOpen(job, file, role, "").Card);
            process.DrainErrors();
            process.Errors.End();
            throw new UserCodeFault(card with { StandardError = process.Errors.Text });
        }

        ValueFormat output = answer.Kind == HostFrame.Load && Enum.IsDefined((ValueFormat)answer.Argument) ? (ValueFormat)answer.Argument : throw Frame.Foreign();
        process.Programs.Add(Identity, (process.Programs.Count, output));
    }

    /// <summary>The card of a process that ended or hung while it loaded this.</summary>
    public FailureCard NotLoaded(ProgramFailure failure, string standardError) =>
        HostDeath.Complete(Cards.AtOpen(job, file, role, $"{Title} does not load: its process {failure.Message}").Card with { StandardError = standardError }, failure, runner.Options);

    /// <summary>It is of no more use.</summary>
    public ValueTask CloseAsync()
    {
        if (!_closed)
        {
            _closed = true;
            runner.Close(job);
        }

        return ValueTask.CompletedTask;
    }
}

/// <summary>A .NET mapper in a process of its own.</summary>
internal sealed class IsolatedMapper(IsolatedProgram program) : IMapProgram
{
    /// <inheritdoc/>
    public ValueFormat Output => program.Output;

    /// <inheritdoc/>
    public void Map(AttemptContext attempt, IRecordSource records, IPairSink output) => new IsolatedRun(program, attempt, new RecordPieces(records), output).Run();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => program.CloseAsync();
}

/// <summary>A .NET reducer or combiner in a process of its own. A fold is run over groups, as a combiner is: it cannot be called value by value from here.</summary>
internal sealed class IsolatedGroupProgram(IsolatedProgram program) : IGroupProgram
{
    /// <inheritdoc/>
    public ValueFormat Output => program.Output;

    /// <inheritdoc/>
    public IValueFold? Fold => null;

    /// <inheritdoc/>
    public void Run(AttemptContext attempt, IGroupSource groups, IPairSink output) => new IsolatedRun(program, attempt, new GroupPieces(groups), output).Run();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => program.CloseAsync();
}
