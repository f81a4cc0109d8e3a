using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>Takes jobs in: checks the specification, stores the job, and wakes its manager.</summary>
internal sealed class JobSubmitter(IKeyValueStore store, ITaskQueue queue, QueueNames queues)
{
    private readonly JobStore _jobs = new(store);

    /// <summary>Submits a job to a manager.</summary>
    /// <exception cref="PermanentFault">The specification cannot work; the message names the field.</exception>
    public async ValueTask<JobId> SubmitAsync(string manager, JobSpec spec, CancellationToken cancellation)
    {
        SpecCheck.Check(spec);
        JobId job = await _jobs.SubmitAsync(manager, spec, cancellation);
        await WakeAsync(job, restart: false, cancellation);
        return job;
    }

    /// <summary>Asks for a job to be taken as far as it goes.</summary>
    /// <param name="job">The job.</param>
    /// <param name="restart">Whether open tasks are to be sent again.</param>
    /// <param name="cancellation">Stops asking.</param>
    public ValueTask WakeAsync(JobId job, bool restart, CancellationToken cancellation) =>
        queue.SendAsync(queues.Stage, new StageMessage(job.ToString(), restart).Write(), TimeSpan.Zero, cancellation);
}

/// <summary>What a specification must be like.</summary>
internal static class SpecCheck
{
    /// <summary>Most bytes a specification may have as JSON; the store takes 1 MiB a transaction.</summary>
    public const int BytesMax = 900 * 1024;

    public static void Check(JobSpec spec)
    {
        JobOptions options = spec.Options;
        Require(spec.Inputs.Count > 0, "inputs", "there are none; name at least one data file");
        Require(spec.Inputs.All(input => input.Bytes >= 0 && input.Name.Length > 0), "inputs", "each needs a name and a size");
        Within(options.ChunkBytes, 1024, long.MaxValue, "chunk size", " bytes, or 0 for automatic", orZero: true);
        Within(options.Reducers, 1, 1000, "reducers", ", or 0 for automatic", orZero: true);
        Within(options.Workers, 1, 1000, "workers", "");
        Within(options.MemoryBytes, 16 << 20, long.MaxValue, "memory", " bytes");
        Require(options.MemoryBytes / options.Workers >= JobOptions.WorkerBytesMin, "memory", string.Create(CultureInfo.InvariantCulture,
            $"{options.MemoryBytes} bytes are too few for {options.Workers} workers; give {options.Workers * JobOptions.WorkerBytesMin} or more, or fewer workers"));
        Within(options.SkipBadRecordsMax, 0, int.MaxValue, "bad records to skip", "");
        Within(options.AttemptsMax, 1, 100, "attempts", "");
        Within((long)options.TaskTimeout.TotalMilliseconds, 1000, uint.MaxValue - 1, "task timeout", " ms");
        Within(options.RecordBytesMax, 1, int.MaxValue, "longest record", " bytes");
        Code(spec.Mapper, "mapper");
        Code(spec.Reducer, "reducer");
        if (spec.Combiner is not null)
        {
            Code(spec.Combiner, "combiner");
        }

        Require(spec.Mapper.Contract != CodeContract.Identity, "mapper", "only a reducer may be the identity");
        Require(JobDocuments.Write(spec).Length <= BytesMax, "inputs", string.Create(CultureInfo.InvariantCulture,
            $"the list of {spec.Inputs.Count} files is too long to be kept; put the data into fewer, larger files"));
    }

    private static void Code(CodeFile file, string role)
    {
        Require(file.Contract != CodeContract.Auto, role, $"the contract of '{file.Name}' is not known; name it");
        Require(file.Contract == CodeContract.Identity || file.Path.Length > 0, role, $"'{file.Name}' has no path");
    }

    private static void Within(long value, long min, long max, string field, string unit, bool orZero = false) =>
        Require((orZero && value == 0) || (value >= min && value <= max), field, string.Create(CultureInfo.InvariantCulture,
            $"{value} is out of range: {min} {(max == long.MaxValue ? "or more" : $"to {max}")}{unit}"));

    private static void Require(bool holds, string field, string problem)
    {
        if (!holds)
        {
            throw new PermanentFault($"{field}: {problem}");
        }
    }
}
