using Katanemimena.Core;

namespace Katanemimena.Cli.Replay;

/// <summary>Keeps the values of one key and drops all other pairs.</summary>
/// <param name="wanted">The key.</param>
internal sealed class ValuesOfKey(byte[] wanted) : IPairSink
{
    /// <summary>The values, in the order they came.</summary>
    public List<byte[]> Values { get; } = [];

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.SequenceEqual(wanted))
        {
            Values.Add(value.ToArray());
        }
    }
}
