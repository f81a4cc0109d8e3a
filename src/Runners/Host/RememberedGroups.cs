using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>A key with its first values, for a failure card.</summary>
/// <param name="Key">The whole key.</param>
/// <param name="Values">Its first values, <see cref="FailureCard.RecordBytesMax"/> bytes together at most.</param>
/// <param name="Cut">Whether it had more.</param>
internal sealed record RememberedKey(byte[] Key, IReadOnlyList<byte[]> Values, bool Cut)
{
    /// <summary>Adds key and values to a card.</summary>
    public FailureCard AddTo(FailureCard card) => card.WithRecord(Key) with { Values = Values, ValuesCut = Cut };
}

/// <summary>Passes groups on and remembers the first values of the present one.</summary>
internal sealed class RememberedGroups(IGroupSource groups) : IGroupSource
{
    private const int ValuesMax = 1_000;
    private readonly List<byte[]> _values = [];
    private int _bytes;
    private bool _cut;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Key => groups.Key;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Value => groups.Value;

    /// <inheritdoc/>
    public long Repeat => groups.Repeat;

    /// <inheritdoc/>
    public bool NextGroup()
    {
        _values.Clear();
        _bytes = 0;
        _cut = false;
        return groups.NextGroup();
    }

    /// <inheritdoc/>
    public bool NextValue()
    {
        if (!groups.NextValue())
        {
            return false;
        }

        if (!_cut)
        {
            Remember(groups.Value, groups.Repeat);
        }

        return true;
    }

    /// <summary>The present key with the values read of it so far.</summary>
    public RememberedKey Take() => new(groups.Key.ToArray(), [.. _values], _cut);

    /// <summary>Adds the present key and the values read of it so far to a card.</summary>
    public FailureCard AddTo(FailureCard card) => Take().AddTo(card);

    private void Remember(ReadOnlySpan<byte> value, long repeat)
    {
        for (; repeat > 0; repeat--)
        {
            if (_values.Count == ValuesMax || _bytes + value.Length > FailureCard.RecordBytesMax)
            {
                _cut = true;
                return;
            }

            _values.Add(value.ToArray());
            _bytes += value.Length;
        }
    }
}
