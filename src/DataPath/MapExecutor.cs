using System.Diagnostics;
using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>Runs one map attempt: chunk → records → user's mapper → partitions, sorted and combined → one run file.</summary>
public static class MapExecutor
{
    /// <summary>Runs the attempt to its published run file, on the calling thread.</summary>
    /// <exception cref="UserCodeFault">The user's code failed; nothing was published.</exception>
    /// <exception cref="PermanentFault">The input cannot be read, or the disk is full.</exception>
    /// <exception cref="OperationCanceledException">The attempt was cancelled; nothing was published.</exception>
    public static MapOutcome Run(MapRequest request) => Run(request, NativePool.Shared);

    /// <summary>As <see cref="Run(MapRequest)"/>, with memory from a pool of one's own.</summary>
    internal static MapOutcome Run(MapRequest request, NativePool pool)
    {
        try
        {
            using RecordReader reader = RecordReader.Open(
                request.Input, request.Chunk, request.Data, request.RecordBytesMax, request.Attempt.Cancellation);
            using var buffer = new MapOutputBuffer(Options(request, pool, out WorkMeter meter));
            return Run(request, reader, buffer, meter);
        }
        finally
        {
            request.Volume.Delete(request.ScratchFolder);
        }
    }

    private static BufferOptions Options(MapRequest request, NativePool pool, out WorkMeter meter) => new()
    {
        Attempt = request.Attempt,
        Partitions = request.Partitions,
        MemoryBytes = request.Attempt.MemoryBytes,
        RecordBytesMax = request.RecordBytesMax,
        Volume = request.Volume,
        ScratchFolder = request.ScratchFolder,
        Fold = request.Combine ? request.Code.Fold : null,
        Combine = request.Combine ? (groups, output) => request.Code.Combine(request.Attempt, groups, output) : null,
        Pool = pool,
        FilesMax = OpenFiles.ShareOf(request.AttemptsTogether),
        Meter = meter = new WorkMeter(),
    };

    private static MapOutcome Run(MapRequest request, RecordReader reader, MapOutputBuffer buffer, WorkMeter meter)
    {
        long start = Stopwatch.GetTimestamp();
        request.Code.Map(request.Attempt, reader, buffer);
        TimeSpan mapping = Stopwatch.GetElapsedTime(start);
        TimeSpan spilling = buffer.SortTime;
        long finish = Stopwatch.GetTimestamp();
        RunSummary run = Finish(request, buffer);
        TimeSpan finishing = Stopwatch.GetElapsedTime(finish);
        return new MapOutcome(run.PartitionBytes, reader.Crc32C.ToString("x8", CultureInfo.InvariantCulture), new TaskStatistics
        {
            RecordsIn = reader.RecordsRead,
            BytesIn = reader.BytesRead,
            RecordsOut = buffer.Pairs,
            BytesOut = run.Bytes,
            Spills = meter.Spills,
            SpillBytes = meter.SpillBytes,
            UserTime = Elapsed.NotNegative(mapping - spilling),
            SortTime = Elapsed.NotNegative(spilling + finishing - meter.WriteTime),
            WriteTime = meter.WriteTime,
        });
    }

    private static RunSummary Finish(MapRequest request, MapOutputBuffer buffer)
    {
        if (!request.Combine || request.Code.Fold is null)
        {
            return buffer.Finish(request.RunPath);
        }

        RunSummary? run = null;
        request.Code.RunFolding(request.Attempt, () => run = buffer.Finish(request.RunPath));
        return run!;
    }
}
