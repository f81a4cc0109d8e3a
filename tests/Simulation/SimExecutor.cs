using Katanemimena.Core;
using Katanemimena.DataPath;
using Katanemimena.Orchestration;

namespace Katanemimena.Tests.Simulation;

/// <summary>A worker's data path in simulated time: attempts take a while, sometimes very long, fail now and then, and may be cut off by a crash.</summary>
internal sealed class SimExecutor(SimProcess process, SimWorld world) : ITaskExecutor, IJobCode
{
    public async Task<MapOutcome> MapAsync(MapRequest request)
    {
        await WorkAsync(request.Attempt);
        MapOutcome outcome = world.DataPath.Map(request);
        await world.MayCrashAsync(process);
        return outcome;
    }

    public async Task<ReduceOutcome> ReduceAsync(ReduceRequest request)
    {
        await WorkAsync(request.Attempt);
        ReduceOutcome outcome = world.DataPath.Reduce(request);
        await world.MayCrashAsync(process);
        return outcome;
    }

    public async ValueTask<IUserCode> OpenAsync(JobId job, JobSpec spec, CancellationToken cancellation)
    {
        await Task.Yield();
        return new WordCountCode();
    }

    private async Task WorkAsync(AttemptContext attempt)
    {
        int milliseconds = world.Happens(world.Chaos.Slow) ? world.Random.Next(60_000) : world.Random.Next(10, 500);
        await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), world.Clock, attempt.Cancellation);
        bool poisoned = attempt.Id.Task.Stage == TaskStage.Map && attempt.Id.Task.Index == world.Chaos.PoisonedMap;
        if (poisoned || world.Happens(world.Chaos.UserCodeFails))
        {
            throw new UserCodeFault(new FailureCard { Stage = attempt.Id.Task.StageName, Error = "the simulated code failed" });
        }
    }
}
