using Katanemimena.Cli.Display;
using Katanemimena.Cli.Options;
using Katanemimena.Cli.Output;
using Katanemimena.Cli.Run;
using Katanemimena.Core;
using Katanemimena.DataPath;

namespace Katanemimena.Cli.Commands;

/// <summary><c>mrctl run</c>: one job, from data to result.</summary>
/// <param name="options">What was asked for.</param>
internal sealed class RunCommand(RunOptions options)
{
    private readonly JobClock _clock = new();
    private JobId? _kept;

    /// <summary>Runs it and returns the exit code.</summary>
    /// <exception cref="CommandError">It could not be run.</exception>
    public int Run()
    {
        using var interruption = new Interruption();
        try
        {
            return RunAsync(interruption.Token).GetAwaiter().GetResult();
        }
        catch (Exception) when (interruption.ExitCode != 0)
        {
            StandardError.WriteLine($"mrctl: stopped by a signal; {(_kept is { } job ? $"go on with: {GoingOn(job)}" : "nothing was kept")}");
            return interruption.ExitCode;
        }
    }

    private async Task<int> RunAsync(CancellationToken cancellation)
    {
        using ResultOutput output = ResultOutput.Open(options.Result);
        using OutputFile? report = options.Report is null ? null : OutputFile.Open("--report", options.Report, options.Result.Force);
        if (report?.IsSameAs(output.File) == true)
        {
            throw CommandError.Usage($"--report {options.Report}: the result goes there; name another file");
        }

        using Workplace workplace = options.StateFolder is null ? Workplace.Temporary() : Workplace.State(options.StateFolder, create: options.Resume is null);
        using var memory = new MemoryWatch();
        var warnings = new Warnings(options.Quiet, TimeProvider.System);
        await using var session = await JobSession.StartAsync(workplace, options, _clock, spec => RefuseInputs(spec, output.File, report), warnings, cancellation);
        Announce(session.Job);
        JobStatus ended = await FollowAsync(session, warnings, cancellation);
        if (ended.Phase != JobPhase.Completed)
        {
            cancellation.ThrowIfCancellationRequested();
            return await JobFailure.ShowAsync(session, ended, workplace);
        }

        JobManifest manifest = await session.Engine.ManifestAsync(session.Job, cancellation);
        memory.Look();
        WrittenResult written = output.Write(manifest, workplace.Volume, session.Options.MemoryBytes, report is not null, cancellation);
        _clock.End();
        memory.Look();
        if (!options.Quiet)
        {
            StandardError.Write(Summary.Text(manifest, _clock, written, memory.PeakBytes) + new SetAsideRecords(manifest, workplace).Text());
        }

        if (report is not null)
        {
            WriteReport(report, manifest, session.Options, written, memory.PeakBytes);
        }

        return ExitCode.Done;
    }

    /// <summary>Writes the report. The result is in its place by now, so what goes wrong here must not read as if it were not.</summary>
    private void WriteReport(OutputFile report, JobManifest manifest, JobOptions used, WrittenResult written, long peakBytes)
    {
        try
        {
            Report.Write(report.Stream, manifest, used, written, _clock, peakBytes, warning => StandardError.WriteLine($"mrctl: warning: {Printable.Text(warning)}"));
            report.Publish();
        }
        catch (IOException error) when (report.IsStandardOutput && DiskErrors.IsClosedPipe(error))
        {
            throw new CommandError(ExitCode.ClosedPipe, "", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            string reason = DiskErrors.IsFull(error) ? "the disk is full" : error.Message;
            throw CommandError.Environment($"--report {report.Path}: cannot be written: {reason}; the result was written to {(written.Path == "-" ? "standard output" : written.Path)}", error);
        }
    }

    /// <summary>A file that is read must not be written: a second run would find something else there.</summary>
    private static void RefuseInputs(JobSpec spec, OutputFile output, OutputFile? report)
    {
        foreach ((string option, OutputFile? file) in new[] { ("--output", output), ("--report", report) })
        {
            if (file?.ReplacedOf(spec.Inputs.Select(input => input.Name)) is { } replaced)
            {
                throw CommandError.Usage($"{option} {file.Path}: is the same file as the input {replaced}; name another file");
            }
        }
    }

    private void Announce(JobId job)
    {
        if (options.StateFolder is null)
        {
            return;
        }

        _kept = job;
        if (!options.Quiet)
        {
            StandardError.WriteLine($"mrctl: job {job}");
        }
    }

    /// <summary>The command that goes on with the job and puts the result where this one would have: the job does not know where that is.</summary>
    private string GoingOn(JobId job)
    {
        List<string> words = ["mrctl", "run", "--state-dir", options.StateFolder!, "--resume", job.ToString()];
        ResultOptions result = options.Result;
        words.AddRange(result.Output == "-" ? [] : ["--output", result.Output]);
        words.AddRange(result.Format == ResultFormat.Tsv ? [] : ["--format", result.Format.ToString().ToLowerInvariant()]);
        words.AddRange(result.Ordered ? [] : ["--order", "none"]);
        words.AddRange(options.Report is { } report ? ["--report", report] : []);
        words.AddRange(result.Force ? ["--force"] : []);
        return string.Join(' ', words.Select(ShellWord.Of));
    }

    private async Task<JobStatus> FollowAsync(JobSession session, Warnings warnings, CancellationToken cancellation)
    {
        using ProgressDisplay? display = options.Quiet ? null : new ProgressDisplay(_clock);
        using IDisposable through = warnings.Through(display);
        JobStatus? last = null;
        await foreach (JobStatus status in session.Engine.WatchAsync(session.Job, cancellation))
        {
            _clock.Observe(status);
            last = status;
            if (status.Ended)
            {
                break;
            }
        }

        Invariant.Holds(last is { Ended: true });
        return last;
    }
}
