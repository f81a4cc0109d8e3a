using System.Globalization;
using Katanemimena.Cli.Display;
using Katanemimena.Cli.Remote;
using Katanemimena.Cli.Run;
using Katanemimena.Core;
using Katanemimena.Orchestration;
using Katanemimena.Wire;

namespace Katanemimena.Cli.Commands;

/// <summary><c>mrctl jobs</c> and <c>mrctl rm</c>: what is in a state folder.</summary>
internal static class JobsCommand
{
    /// <summary>Lists the jobs. Runs nothing.</summary>
    public static int Run(string stateFolder, Listing listing) => WithEngine(stateFolder, async (workplace, engine) =>
    {
        IReadOnlyList<JobStatus> jobs = await engine.ListAsync(CancellationToken.None);
        var store = new JobStore(workplace.Store);
        List<JobSummary> summaries = [];
        foreach (JobStatus status in listing.IsJson ? jobs : [])
        {
            summaries.Add(Summary(status, await store.SpecAsync(status.Id, CancellationToken.None), (await store.StateAsync(status.Id, CancellationToken.None))?.State));
        }

        listing.Show(new JobsDocument(summaries), () => jobs.Count == 0 ? $"no jobs in {Printable.Text(stateFolder)}\n" : Lines(jobs));
        return ExitCode.Done;
    });

    /// <summary>Removes a job with its files, whatever its state.</summary>
    /// <exception cref="CommandError">There is no such job.</exception>
    public static int Remove(string stateFolder, JobId job) => WithEngine(stateFolder, async (workplace, engine) =>
    {
        if (await engine.GetAsync(job, CancellationToken.None) is null)
        {
            throw CommandError.Usage($"{job}: {await JobSession.KnownJobsAsync(engine, stateFolder, CancellationToken.None)}");
        }

        JobSpec? spec = await new JobStore(workplace.Store).SpecAsync(job, CancellationToken.None);
        await engine.CancelAsync(job, CancellationToken.None);
        await engine.DeleteAsync(job, CancellationToken.None);
        foreach (InputFile input in spec?.Inputs ?? [])
        {
            if (Path.GetDirectoryName(input.Name) == workplace.InputFolder)
            {
                File.Delete(input.Name);
            }
        }

        return ExitCode.Done;
    });

    private static string Lines(IReadOnlyList<JobStatus> jobs)
    {
        var table = new Table("ID", "STATE", "MAP", "REDUCE");
        foreach (JobStatus status in jobs)
        {
            table.Add(status.Id.ToString(), status.Phase.ToString().ToLowerInvariant(), Text(status.Map), Text(status.Reduce));
        }

        return table.Text((column, cell) => column == 1 ? Colours.OfState(cell) : Colour.None);
    }

    /// <summary>The job as a server lists it; it has no owner.</summary>
    private static JobSummary Summary(JobStatus status, JobSpec? spec, JobState? state) => new()
    {
        Id = status.Id.ToString(),
        Owner = spec?.Owner ?? "",
        Label = spec?.Label,
        State = status.Phase.ToString().ToLowerInvariant(),
        Submitted = state?.Submitted ?? spec?.Submitted ?? default,
        Ended = state?.EndedAt,
        Map = RemoteJob.Stage(status.Map),
        Reduce = RemoteJob.Stage(status.Reduce),
        Error = status.Error,
    };

    private static string Text(StageProgress stage) =>
        string.Create(CultureInfo.InvariantCulture, $"{stage.Done}/{stage.Total} tasks, {Quantity.Text(stage.Attempts, "attempt")}");

    private static int WithEngine(string stateFolder, Func<Workplace, EmbeddedEngine, Task<int>> act)
    {
        using Workplace workplace = Workplace.State(stateFolder, create: false);
        return RunAsync(workplace, act).GetAwaiter().GetResult();
    }

    private static async Task<int> RunAsync(Workplace workplace, Func<Workplace, EmbeddedEngine, Task<int>> act)
    {
        await using EmbeddedEngine engine = await JobSession.IdleEngineAsync(workplace);
        return await act(workplace, engine);
    }
}
