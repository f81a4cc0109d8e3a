using System.Diagnostics;
using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>Runs one reduce attempt: segments of all runs → merge → user's reducer → one part file, sorted by key.</summary>
public static class ReduceExecutor
{
    /// <summary>Runs the attempt to its published part file, on the calling thread.</summary>
    /// <exception cref="UserCodeFault">The user's code failed; nothing was published.</exception>
    /// <exception cref="CorruptDataFault">A run does not verify, or is missing.</exception>
    /// <exception cref="PermanentFault">The disk is full.</exception>
    /// <exception cref="OperationCanceledException">The attempt was cancelled; nothing was published.</exception>
    public static ReduceOutcome Run(ReduceRequest request) => Run(request, NativePool.Shared, null);

    /// <summary>As <see cref="Run(ReduceRequest)"/>, with memory from a pool and a merge factor of one's own.</summary>
    internal static ReduceOutcome Run(ReduceRequest request, NativePool pool, int? mergeFactorMax)
    {
        try
        {
            BufferOptions options = Options(request, pool, mergeFactorMax);
            return Run(request, options);
        }
        finally
        {
            request.Volume.Delete(request.ScratchFolder);
        }
    }

    private static BufferOptions Options(ReduceRequest request, NativePool pool, int? mergeFactorMax) => new()
    {
        Attempt = request.Attempt,
        Partitions = 1,
        MemoryBytes = request.Attempt.MemoryBytes / 2,
        RecordBytesMax = request.RecordBytesMax,
        Volume = request.Volume,
        ScratchFolder = request.ScratchFolder,
        Role = "reducer",
        Pool = pool,
        MergeFactorMax = mergeFactorMax,
        FilesMax = OpenFiles.ShareOf(request.AttemptsTogether),
    };

    private static ReduceOutcome Run(ReduceRequest request, BufferOptions options)
    {
        long start = Stopwatch.GetTimestamp();
        var plan = new MergePlan(request.Volume, options.MemoryBytes, request.RecordBytesMax, request.ScratchFolder, options.Pool)
        {
            FactorMax = options.MergeFactorMax ?? MergePlan.FactorFor(options.MemoryBytes),
            FilesMax = options.FilesMax,
            Meter = options.Meter,
        };
        using PartMerger merger = plan.Open(request.Runs, request.Partitions, request.Attempt.Cancellation);
        using var sink = new PartSink(options, request.PartPath);
        TimeSpan opening = Stopwatch.GetElapsedTime(start) - options.Meter.WriteTime;
        Reduce(request, merger, sink);
        TimeSpan reducing = Stopwatch.GetElapsedTime(start) - options.Meter.WriteTime - opening - sink.SortTime;
        RunSummary part = sink.Finish();
        return new ReduceOutcome(part.Bytes, part.Crc32C.ToString("x8", CultureInfo.InvariantCulture), new TaskStatistics
        {
            RecordsIn = merger.Values,
            BytesIn = merger.SegmentBytes,
            RecordsOut = sink.Pairs,
            BytesOut = part.Bytes,
            Groups = merger.Groups,
            Spills = options.Meter.Spills,
            SpillBytes = options.Meter.SpillBytes,
            UserTime = Elapsed.NotNegative(reducing),
            SortTime = Elapsed.NotNegative(opening + sink.SortTime),
            WriteTime = options.Meter.WriteTime,
        });
    }

    /// <summary>Runs the user's code over the merge; nothing it says counts if what it was given turns out to be damaged.</summary>
    private static void Reduce(ReduceRequest request, PartMerger merger, PartSink sink)
    {
        try
        {
            request.Code.Reduce(request.Attempt, merger, sink);
        }
        catch (UserCodeFault)
        {
            merger.Verify();
            throw;
        }

        merger.Verify();
    }
}
