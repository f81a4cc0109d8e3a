using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Takes pairs with JSON values and hands them on as text, for a combiner whose mapper emits text.</summary>
internal sealed class TextOfJsonSink(IPairSink output) : IPairSink
{
    private readonly ByteBuffer _scratch = new();

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => output.Add(key, JsonText.Of(value, _scratch));
}
