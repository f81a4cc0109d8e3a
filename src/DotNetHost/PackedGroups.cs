using System.Buffers.Binary;
using Katanemimena.Core;
using Katanemimena.Runners;

namespace Katanemimena.DotNetHost;

/// <summary>Groups out of the frames that <see cref="GroupPacker"/> packed.</summary>
internal sealed class PackedGroups(InputFrames input) : IGroupSource
{
    private readonly ByteBuffer _key = new();
    private ReadOnlyMemory<byte> _body;
    private int _at;
    private int _value;
    private int _valueLength;
    private bool _ended;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Key => _key.Span;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Value => _body.Span.Slice(_value, _valueLength);

    /// <inheritdoc/>
    public long Repeat { get; private set; }

    /// <inheritdoc/>
    public bool NextGroup()
    {
        while (NextValue())
        {
        }

        if (_ended)
        {
            return false;
        }

        // The next item is a key: its head stands at _at.
        ReadOnlySpan<byte> body = _body.Span[_at..];
        int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(body);
        input.MarkGroup(_at);
        _key.Clear();
        _key.Append(body.Slice(4, length));
        _at += 4 + length;
        return true;
    }

    /// <inheritdoc/>
    public bool NextValue()
    {
        if (_at == _body.Length && !Receive())
        {
            return false;
        }

        ReadOnlySpan<byte> body = _body.Span[_at..];
        uint head = BinaryPrimitives.ReadUInt32LittleEndian(body);
        uint kind = head & GroupPacker.KindMask;
        if (kind == GroupPacker.Key)
        {
            return false;
        }

        int headBytes = kind == GroupPacker.RepeatedValue ? 12 : 4;
        Repeat = kind == GroupPacker.RepeatedValue ? BinaryPrimitives.ReadInt64LittleEndian(body[4..]) : 1;
        _value = _at + headBytes;
        _valueLength = (int)(head & ~GroupPacker.KindMask);
        _at = _value + _valueLength;
        return true;
    }

    private bool Receive()
    {
        _at = 0;
        _body = default;
        _ended = _ended || !input.TryReceive(out _body);
        return !_ended;
    }
}
