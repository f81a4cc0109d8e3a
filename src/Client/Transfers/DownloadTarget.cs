namespace Katanemimena.Client;

/// <summary>Where downloaded bytes go.</summary>
internal abstract class DownloadTarget
{
    /// <summary>Bytes that are there already, from the beginning.</summary>
    public long Length { get; protected set; }

    /// <summary>The version of the file that they are of; null if not known.</summary>
    public string? Tag { get; protected set; }

    /// <summary>Takes note of the version that bytes are of from now on, and of its size.</summary>
    public virtual void Begin(string? tag, long? total) => Tag = tag;

    /// <summary>Adds bytes.</summary>
    public abstract ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation);

    /// <summary>Forgets all bytes.</summary>
    /// <exception cref="TransferFault">They cannot be taken back.</exception>
    public abstract void Restart();
}

/// <summary>A stream, which takes nothing back.</summary>
/// <param name="output">The stream.</param>
internal sealed class StreamTarget(Stream output) : DownloadTarget
{
    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        await output.WriteAsync(bytes, cancellation);
        Length += bytes.Length;
    }

    /// <inheritdoc/>
    public override void Restart()
    {
        if (Length > 0)
        {
            throw new TransferFault("what is downloaded became another in between, and what was written cannot be taken back; begin again, with a file as the target");
        }
    }
}
