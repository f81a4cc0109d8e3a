using System.Globalization;
using System.Text;
using Katanemimena.Cli.Display;
using Katanemimena.Cli.Output;
using Katanemimena.Cli.Run;
using Katanemimena.Core;
using Katanemimena.Orchestration;

namespace Katanemimena.Cli.Commands;

/// <summary><c>mrctl jobs</c> and <c>mrctl rm</c>: what is in a state folder.</summary>
internal static class JobsCommand
{
    /// <summary>Lists the jobs. Runs nothing.</summary>
    public static int Run(string stateFolder) => WithEngine(stateFolder, async (_, engine) =>
    {
        var text = new StringBuilder();
        foreach (JobStatus status in await engine.ListAsync(CancellationToken.None))
        {
            text.Append(CultureInfo.InvariantCulture, $"{status.Id,-12} {status.Phase.ToString().ToLowerInvariant(),-10} map {Text(status.Map)}; reduce {Text(status.Reduce)}\n");
        }

        new StandardOutput().Write(Encoding.UTF8.GetBytes(text.ToString()));
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
