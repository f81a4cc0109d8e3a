using Katanemimena.Cli.Display;
using Katanemimena.Cli.Options;
using Katanemimena.Cli.Output;
using Katanemimena.Cli.Run;
using Katanemimena.Core;

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
            StandardError.WriteLine($"mrctl: stopped by a signal; {(_kept is { } job ? $"go on with: mrctl run --state-dir {options.StateFolder} --resume {job}" : "nothing was kept")}");
            return interruption.ExitCode;
        }
    }

    private async Task<int> RunAsync(CancellationToken cancellation)
    {
        using ResultOutput output = ResultOutput.Open(options.Result);
        using OutputFile? report = options.Report is null ? null : OutputFile.Open("--report", options.Report, options.Result.Force);
        using Workplace workplace = options.StateFolder is null ? Workplace.Temporary() : Workplace.State(options.StateFolder, create: options.Resume is null);
        using var memory = new MemoryWatch();
        await using var session = await JobSession.StartAsync(workplace, options, _clock, cancellation);
        Announce(session.Job);
        JobStatus ended = await FollowAsync(session, cancellation);
        if (ended.Phase != JobPhase.Completed)
        {
            cancellation.ThrowIfCancellationRequested();
            return await JobFailure.ShowAsync(session, ended, workplace);
        }

        JobManifest manifest = await session.Engine.ManifestAsync(session.Job, cancellation);
        memory.Look();
        WrittenResult written = output.Write(manifest, workplace.Volume, options.Job.MemoryBytes, report is not null, cancellation);
        _clock.End();
        memory.Look();
        if (!options.Quiet)
        {
            StandardError.Write(Summary.Text(manifest, _clock, written, memory.PeakBytes));
        }

        if (report is not null)
        {
            Report.Write(report.Stream, manifest, session.Spec.Options, written, _clock, memory.PeakBytes);
            report.Publish();
        }

        return ExitCode.Done;
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

    private async Task<JobStatus> FollowAsync(JobSession session, CancellationToken cancellation)
    {
        using ProgressDisplay? display = options.Quiet ? null : new ProgressDisplay(_clock);
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
