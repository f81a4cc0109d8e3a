using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>Merges sorted segments of run files into groups in ascending key order.</summary>
public sealed class PartMerger : IGroupSource, IDisposable
{
    private PartMerger()
    {
    }

    /// <summary>Opens the merge. Values of one key come by the position of their file in <paramref name="files"/>, then in file order.</summary>
    /// <param name="files">The run or part files.</param>
    /// <param name="partitions">The partitions to read of each, ascending; null for all.</param>
    /// <param name="volume">Where they are.</param>
    /// <param name="memoryBytes">Budget of all buffers in bytes.</param>
    /// <param name="recordBytesMax">Longest key or value in bytes.</param>
    /// <param name="scratchFolder">Where merges of too many segments put intermediate files; null to make do with smaller buffers.</param>
    /// <param name="cancellation">Ends passes and reads with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="CorruptDataFault">A file is missing, cut, or does not verify; also while reading.</exception>
    public static PartMerger Open(
        IReadOnlyList<RunReference> files,
        IReadOnlyList<int>? partitions,
        IVolume volume,
        long memoryBytes,
        int recordBytesMax,
        string? scratchFolder,
        CancellationToken cancellation) => throw new NotImplementedException();

    /// <inheritdoc/>
    public bool NextGroup() => throw new NotImplementedException();

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Key => throw new NotImplementedException();

    /// <inheritdoc/>
    public bool NextValue() => throw new NotImplementedException();

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Value => throw new NotImplementedException();

    /// <inheritdoc/>
    public long Repeat => throw new NotImplementedException();

    /// <summary>Closes the files and gives the buffers back.</summary>
    public void Dispose()
    {
    }
}
