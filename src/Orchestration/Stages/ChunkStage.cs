using Katanemimena.Core;
using Katanemimena.DataPath;

namespace Katanemimena.Orchestration;

/// <summary>The chunk stage: cuts the input and writes the plan.</summary>
internal sealed class ChunkStage(CoordinatorParts parts)
{
    private readonly JobStore _jobs = new(parts.Store);

    public async ValueTask<StageOutcome> PlanAsync(JobId job, CancellationToken stop)
    {
        JobSpec? spec = await _jobs.SpecAsync(job, stop);
        Invariant.Holds(spec is not null, "a job with a state has a specification");
        int partitions = PartitionCount.For(spec.Options);
        IReadOnlyList<Chunk> chunks = ChunkPlanner.Plan(spec.Inputs, spec.Options.ChunkBytes, spec.Options.Workers);
        string file = JobFiles.ChunkPlan(job, parts.Mint.Next());
        parts.Volume.Write(file, new ChunkPlan(partitions, chunks), RecordJson.Default.ChunkPlan);
        return new StageOutcome(new ChunksPlanned(file, chunks.Count, partitions, parts.Time.GetUtcNow()) { SendWindow = parts.SendWindow(spec.Options) }, file);
    }
}
