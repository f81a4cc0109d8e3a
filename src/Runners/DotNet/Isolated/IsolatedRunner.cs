using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Runs .NET code in processes of its own: one job's alone, kept warm from task to task while the job is open. Safe for several threads.</summary>
/// <remarks>
/// A program runs in a process that nobody else uses at that time: the combiner, called while its mapper is at work, takes another. After any
/// failure a process is ended, not used again. Sources are compiled in a process in which no user code runs, for what it makes is
/// kept for other jobs; this process alone writes to where that is kept. In a sandbox a process sees one assembly and those beside where it came
/// from, so it serves that alone.
/// </remarks>
internal sealed class IsolatedRunner(UserCodeHostOptions options, Confinement confinement) : ICodeRunner
{
    /// <summary>Most processes that wait for work, of all jobs together; those that waited longest go first.</summary>
    private static readonly int s_keptMax = Math.Max(4, 2 * Environment.ProcessorCount);

    private readonly Lock _gate = new();
    private readonly Dictionary<JobId, int> _open = [];
    private readonly List<DotNetProcess> _idle = [];
    private readonly SemaphoreSlim _compiling = new(1);
    private bool _disposed;

    /// <summary>Options.</summary>
    public UserCodeHostOptions Options => options;

    /// <inheritdoc/>
    public async ValueTask<IMapProgram> OpenMapperAsync(JobId job, CodeFile file, CancellationToken cancellation) =>
        new IsolatedMapper(await OpenAsync(job, file, "mapper", ValueFormat.Text, cancellation));

    /// <inheritdoc/>
    public async ValueTask<IGroupProgram> OpenReducerAsync(JobId job, CodeFile file, string role, ValueFormat input, CancellationToken cancellation) =>
        new IsolatedGroupProgram(await OpenAsync(job, file, role, input, cancellation));

    /// <summary>Takes a process that has the program loaded.</summary>
    /// <exception cref="UserCodeFault">The program does not load.</exception>
    public DotNetProcess Rent(IsolatedProgram program, CancellationToken cancellation)
    {
        DotNetProcess? process = TakeIdle(program);
        try
        {
            process ??= Start(program, cancellation);
            if (!process.Programs.ContainsKey(program.Identity))
            {
                program.Load(process, cancellation);
            }

            return process;
        }
        catch (ProgramFailure failure)
        {
            FailureCard card = program.NotLoaded(failure, process?.Errors.Text ?? "");
            process?.Dispose();
            throw new UserCodeFault(card, failure);
        }
        catch
        {
            process?.Dispose();
            throw;
        }
    }

    /// <summary>Gives a process back that has nothing left to do.</summary>
    public void Return(DotNetProcess process)
    {
        DotNetProcess? leaving = process;
        lock (_gate)
        {
            if (!_disposed && process.Job is { } job && _open.ContainsKey(job))
            {
                _idle.Add(process);
                leaving = _idle.Count > s_keptMax ? _idle[0] : null;
                _idle.RemoveRange(0, leaving is null ? 0 : 1);
            }
        }

        leaving?.Dispose();
    }

    /// <summary>A program is closed; with the last one of a job its processes end.</summary>
    public void Close(JobId job)
    {
        lock (_gate)
        {
            if (--_open[job] > 0)
            {
                return;
            }

            _open.Remove(job);
        }

        End(process => process.Job == job);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _disposed = true;
        }

        End(static _ => true);
        _compiling.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<IsolatedProgram> OpenAsync(JobId job, CodeFile file, string role, ValueFormat input, CancellationToken cancellation)
    {
        string assembly = await AssemblyAsync(job, file, role, cancellation);
        IsolatedProgram program = new(this, job, file, assembly, role, input);
        lock (_gate)
        {
            _open[job] = _open.GetValueOrDefault(job) + 1;
        }

        try
        {
            DotNetProcess process = await Task.Run(() => Rent(program, cancellation), cancellation);
            program.Output = process.Programs[program.Identity].Output;
            Return(process);
            return program;
        }
        catch
        {
            Close(job);
            throw;
        }
    }

    private async ValueTask<string> AssemblyAsync(JobId job, CodeFile file, string role, CancellationToken cancellation)
    {
        if (!File.Exists(file.Path) || Path.GetExtension(file.Path) == ".dll")
        {
            return File.Exists(file.Path) ? Path.GetFullPath(file.Path) : throw DotNetRunner.Gone(job, file, role);
        }

        await _compiling.WaitAsync(cancellation);
        try
        {
            CompiledFiles compiled = new(options.CacheFolder, (source, name, output) => IsolatedCompiler.Compile(options, confinement, source, name, output, cancellation));
            return await Task.Run(() => compiled.Get(file.Path, file.Name, out IReadOnlyList<string> errors) ?? throw DotNetRunner.Broken(job, file, role, errors), cancellation);
        }
        catch (ProgramFailure failure)
        {
            throw new UserCodeFault(Cards.AtOpen(job, file, role, $"the {role} '{file.Name}' cannot be compiled: the compiler {failure.Message}").Card with { ExitCode = failure.ExitCode }, failure);
        }
        finally
        {
            _compiling.Release();
        }
    }

    private DotNetProcess Start(IsolatedProgram program, CancellationToken cancellation)
    {
        DotNetProcess process = DotNetProcess.Start(options, confinement, [.. HostFiles.ToRun, program.Assembly, .. confinement.Shown(SourceModules.OfDotNet(program.File.SourceFolder))], cancellation);
        process.Module = program.Module;
        return process;
    }

    private DotNetProcess? TakeIdle(IsolatedProgram program)
    {
        DotNetProcess? found = Idle(program);
        while (found is { HasEnded: true })
        {
            found.Dispose();
            found = Idle(program);
        }

        return found;
    }

    // The one of this job that has the program, else one of this job that may load it; the last used first.
    private DotNetProcess? Idle(IsolatedProgram program)
    {
        lock (_gate)
        {
            int best = _idle.FindLastIndex(process => process.Job == program.Job && process.Programs.ContainsKey(program.Identity));
            best = best >= 0 ? best : _idle.FindLastIndex(process => process.Job == program.Job && (confinement.Level < SandboxLevel.Namespaces || process.Module == program.Module));
            DotNetProcess? found = best < 0 ? null : _idle[best];
            if (found is not null)
            {
                _idle.RemoveAt(best);
            }

            return found;
        }
    }

    private void End(Predicate<DotNetProcess> which)
    {
        List<DotNetProcess> leaving;
        lock (_gate)
        {
            leaving = _idle.FindAll(which);
            _idle.RemoveAll(which);
        }

        leaving.ForEach(process => process.Dispose());
    }
}
