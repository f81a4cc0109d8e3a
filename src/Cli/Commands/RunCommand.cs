using Katanemimena.Cli.Display;
using Katanemimena.Cli.Options;
using Katanemimena.Cli.Output;
using Katanemimena.Cli.Run;
using Katanemimena.Core;
using Katanemimena.Orchestration;

namespace Katanemimena.Cli.Commands;

/// <summary><c>mrctl run</c>: one job, from data to result.</summary>
internal static class RunCommand
{
    /// <summary>Runs it and returns the exit code.</summary>
    /// <exception cref="CommandError">It could not be run.</exception>
    public static int Run(RunOptions options)
    {
        using var interruption = new Interruption();
        var clock = new JobClock();
        try
        {
            return RunAsync(options, clock, interruption.Token).GetAwaiter().GetResult();
        }
        catch (Exception) when (interruption.ExitCode != 0)
        {
            string then = options.StateFolder is null ? "nothing was kept" : $"go on with: mrctl run --state-dir {options.StateFolder} --resume JOB";
            StandardError.WriteLine($"mrctl: stopped by a signal; {then}");
            return interruption.ExitCode;
        }
    }

    private static async Task<int> RunAsync(RunOptions options, JobClock clock, CancellationToken cancellation)
    {
        using ResultOutput output = ResultOutput.Open(options.Result);
        using OutputFile? report = options.Report is null ? null : OutputFile.Open("--report", options.Report, options.Result.Force);
        using Workplace workplace = options.StateFolder is null ? Workplace.Temporary() : Workplace.State(options.StateFolder, create: options.Resume is null);
        using var memory = new MemoryWatch();
        await using var session = await JobSession.StartAsync(workplace, options, clock, cancellation);
        if (options.StateFolder is not null && !options.Quiet)
        {
            StandardError.WriteLine($"mrctl: job {session.Job}");
        }

        JobStatus ended = await FollowAsync(session, clock, options.Quiet, cancellation);
        if (ended.Phase != JobPhase.Completed)
        {
            return await JobFailure.ShowAsync(session, ended, workplace, cancellation);
        }

        JobManifest manifest = await session.Engine.ManifestAsync(session.Job, cancellation);
        memory.Look();
        WrittenResult written = output.Write(manifest, workplace.Volume, options.Job.MemoryBytes, report is not null, cancellation);
        clock.End();
        memory.Look();
        if (!options.Quiet)
        {
            StandardError.Write(Summary.Text(manifest, clock, written, memory.PeakBytes));
        }

        if (report is not null)
        {
            Report.Write(report.Stream, manifest, session.Options, written, clock, memory.PeakBytes);
            report.Publish();
        }

        return ExitCode.Done;
    }

    private static async Task<JobStatus> FollowAsync(JobSession session, JobClock clock, bool quiet, CancellationToken cancellation)
    {
        using ProgressDisplay? display = quiet ? null : new ProgressDisplay(clock);
        JobStatus? last = null;
        await foreach (JobStatus status in session.Engine.WatchAsync(session.Job, cancellation))
        {
            clock.Observe(status);
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
