using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>How finely map outputs are divided.</summary>
public static class PartitionCount
{
    /// <summary>Partitions for each reduce task, so that skew can be evened out by packing; more would make merges wider.</summary>
    public const int PerReducer = 4;

    /// <summary>Most partitions of a job.</summary>
    public const int Max = 4096;

    /// <summary>Reduce tasks a job may have at most: as asked for, else one a worker.</summary>
    public static int Reducers(JobOptions options) => Math.Max(1, options.Reducers > 0 ? options.Reducers : options.Workers);

    /// <summary>Partitions of a job (P): 1 if there is one reduce task, since there is nothing to even out; else <see cref="PerReducer"/> for each.</summary>
    public static int For(JobOptions options) => Reducers(options) == 1 ? 1 : (int)Math.Min(Max, (long)PerReducer * Reducers(options));
}
