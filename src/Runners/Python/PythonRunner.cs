using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Runs both Python contracts in warm interpreters. Safe for several threads.</summary>
/// <remarks>
/// A program runs in an interpreter that nobody else uses at that time: the combiner, called while its mapper is at work, takes another.
/// Between calls interpreters wait in a pool, where they serve all programs of one job that come from one folder, and later jobs only of the
/// very same file; modules that a program imports are its job's alone. After any failure a process is ended, not used again.
/// On a worker that is shared they serve one job and end with it. In a sandbox they see one file, so they serve that alone.
/// </remarks>
internal sealed class PythonRunner(PythonOptions options) : ICodeRunner
{
    private const int ProgramsMax = 64;
    private readonly Lock _gate = new();
    private readonly List<PythonProcess> _idle = [];
    private readonly PythonInterpreter _interpreter = new(options);
    private readonly Dictionary<JobId, int> _open = [];
    private bool _disposed;

    /// <summary>Options.</summary>
    public PythonOptions Options => options;

    /// <inheritdoc/>
    /// <exception cref="PermanentFault">There is no interpreter, or it is too old.</exception>
    public ValueTask<IMapProgram> OpenMapperAsync(JobId job, CodeFile file, CancellationToken cancellation) =>
        new(Task.Run<IMapProgram>(() => Checked(new PythonMapper(this, job, file), cancellation), cancellation));

    /// <inheritdoc/>
    /// <exception cref="PermanentFault">There is no interpreter, or it is too old.</exception>
    public ValueTask<IGroupProgram> OpenReducerAsync(JobId job, CodeFile file, string role, ValueFormat input, CancellationToken cancellation) =>
        new(Task.Run<IGroupProgram>(() => Checked(new PythonReducer(this, job, file, role, input), cancellation), cancellation));

    /// <summary>Takes an interpreter that has the program loaded.</summary>
    /// <exception cref="UserCodeFault">The program does not load.</exception>
    public PythonProcess Rent(PythonProgram program, CancellationToken cancellation)
    {
        PythonProcess process = TakeIdle(program) ?? PythonProcess.Start(_interpreter, options, program.File);
        try
        {
            if (!process.Programs.ContainsKey(program.Identity))
            {
                Load(process, program, cancellation);
            }

            return process;
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>Gives an interpreter back that has nothing left to do.</summary>
    public void Return(PythonProcess process)
    {
        PythonProcess? leaving = process;
        lock (_gate)
        {
            if (!_disposed && process.Programs.Count < ProgramsMax)
            {
                _idle.Add(process);
                leaving = null;
                if (_idle.Count > Math.Max(1, options.ProcessesKeptMax))
                {
                    leaving = _idle[0];
                    _idle.RemoveAt(0);
                }
            }
        }

        leaving?.Dispose();
    }

    /// <summary>Closes one program of a job. With the last on a shared worker, the interpreters that wait for the job's next task end.</summary>
    public void Close(JobId job)
    {
        PythonProcess[] leaving;
        lock (_gate)
        {
            if (--_open[job] > 0)
            {
                return;
            }

            _open.Remove(job);
            leaving = options.Shared ? [.. _idle.Where(process => process.Job == job)] : [];
            _idle.RemoveAll(leaving.Contains);
        }

        foreach (PythonProcess process in leaving)
        {
            process.Dispose();
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        PythonProcess[] leaving;
        lock (_gate)
        {
            _disposed = true;
            leaving = [.. _idle];
            _idle.Clear();
        }

        foreach (PythonProcess process in leaving)
        {
            process.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private T Checked<T>(T program, CancellationToken cancellation)
        where T : PythonProgram
    {
        if (!File.Exists(program.File.Path))
        {
            throw Cards.AtOpen(program.Job, program.File, program.Role, $"{program.Title} is gone: there is no file {program.File.Path}");
        }

        Return(Rent(program, cancellation));
        lock (_gate)
        {
            _open[program.Job] = _open.GetValueOrDefault(program.Job) + 1;
        }

        return program;
    }

    private PythonProcess? TakeIdle(PythonProgram program)
    {
        PythonProcess? found = Idle(program);
        while (found is { HasEnded: true })
        {
            found.Dispose();
            found = Idle(program);
        }

        return found;
    }

    // The one that has the program, else one that may take it; the last used first.
    private PythonProcess? Idle(PythonProgram program)
    {
        lock (_gate)
        {
            int best = _idle.FindLastIndex(process => process.Programs.ContainsKey(program.Identity));
            best = best >= 0 ? best : _idle.FindLastIndex(process => MayServe(process, program));
            if (best < 0)
            {
                return null;
            }

            PythonProcess found = _idle[best];
            _idle.RemoveAt(best);
            return found;
        }
    }

    private bool MayServe(PythonProcess process, PythonProgram program) =>
        process.SourceFolder == program.File.SourceFolder
        && (options.Confinement.Level < SandboxLevel.Namespaces || process.Files.Contains(program.File.Sha256))
        && (process.Job == program.Job || (!options.Shared && process.Files.Count == 1 && process.Files.Contains(program.File.Sha256) && !process.HasImported));

    private void Load(PythonProcess process, PythonProgram program, CancellationToken cancellation)
    {
        process.Errors = new StandardErrorTail();
        process.Job ??= program.Job;
        process.SourceFolder = program.File.SourceFolder;
        process.Files.Add(program.File.Sha256);
        int number = process.Programs.Count + 1;
        ByteBuffer frame = process.NewFrame();
        frame.Append(System.Text.Encoding.UTF8.GetBytes(string.Join('\0',
            number, program.Module, program.Role, program.Contract, program.Functions, program.File.Path, program.ShownPath, program.File.SourceFolder,
            options.LoadTimeout.TotalSeconds.ToString("R", CultureInfo.InvariantCulture))));
        Frame.Seal(frame, PythonFrame.Load);
        process.Send(frame, recycle: true);
        FailureCard card = Cards.AtOpen(program.Job, program.File, program.Role, "").Card;
        HostFailure failure;
        try
        {
            ReceivedFrame answer = process.Receive(options.LoadTimeout, cancellation);
            if (answer.Kind == PythonFrame.Load)
            {
                process.Programs.Add(program.Identity, number);
                process.HasImported |= answer.Argument != 0;
                return;
            }

            failure = HostFailure.Read(answer.Body);
            process.DrainErrors();
            process.Errors.End();
        }
        catch (ProgramFailure ended)
        {
            string said = process.Errors.Text.TrimEnd();
            string last = said.Length == 0 ? "" : $"; its last line on stderr: {said[(said.LastIndexOf('\n') + 1)..]}";
            throw new UserCodeFault(card with { Error = $"{program.Title} does not load: it {ended.Message}{last}", ExitCode = ended.ExitCode, StandardError = process.Errors.Text }, ended);
        }

        string why = failure.What == "timeout"
            ? string.Create(CultureInfo.InvariantCulture, $"it was not ready within {options.LoadTimeout.TotalSeconds:0.###} s and was ended; raise the task timeout if it needs longer")
            : failure.Text;
        throw failure.What == "old"
            ? new PermanentFault($"{_interpreter.Path} is Python {failure.Text}; {PythonInterpreter.VersionMin} or newer is needed")
            : new UserCodeFault(failure.Fill(card, program.Title, options.LoadTimeout, options) with
            {
                Error = $"{program.Title} does not load: {why}",
                StandardError = process.Errors.Text,
            });
    }
}
