using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>Runs one map attempt: chunk → records → user's mapper → partitions, sorted and combined → one run file.</summary>
public static class MapExecutor
{
    /// <summary>Runs the attempt to its published run file, on the calling thread.</summary>
    /// <exception cref="UserCodeFault">The user's code failed; nothing was published.</exception>
    /// <exception cref="PermanentFault">The input cannot be read, or the disk is full.</exception>
    /// <exception cref="OperationCanceledException">The attempt was cancelled; nothing was published.</exception>
    public static MapOutcome Run(MapRequest request) => throw new NotImplementedException();
}

/// <summary>Runs one reduce attempt: segments of all runs → merge → user's reducer → one part file, sorted by key.</summary>
public static class ReduceExecutor
{
    /// <summary>Runs the attempt to its published part file, on the calling thread.</summary>
    /// <exception cref="UserCodeFault">The user's code failed; nothing was published.</exception>
    /// <exception cref="CorruptDataFault">A run does not verify, or is missing.</exception>
    /// <exception cref="PermanentFault">The disk is full.</exception>
    /// <exception cref="OperationCanceledException">The attempt was cancelled; nothing was published.</exception>
    public static ReduceOutcome Run(ReduceRequest request) => throw new NotImplementedException();
}
