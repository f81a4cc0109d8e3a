namespace Katanemimena.Client;

/// <summary>How far a transfer is.</summary>
/// <param name="Bytes">Bytes of the file that are there.</param>
/// <param name="Total">All of its bytes; null before that is known.</param>
public readonly record struct TransferProgress(long Bytes, long? Total);

/// <summary>Time for the bytes of a request.</summary>
internal static class BlockTime
{
    private const double BytesPerSecondMin = 64 << 10;

    /// <summary>What a slow line takes: 64 KiB/s.</summary>
    public static TimeSpan Of(long bytes) => TimeSpan.FromSeconds(bytes / BytesPerSecondMin);
}
