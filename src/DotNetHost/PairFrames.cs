using System.Globalization;
using Katanemimena.Core;
using Katanemimena.Runners;

namespace Katanemimena.DotNetHost;

/// <summary>Sends pairs to the engine, many in a frame.</summary>
internal sealed class PairFrames(Channel channel, AttemptContext attempt, LoadRequest program) : IPairSink
{
    private const int FrameBytes = 64 << 10;
    private readonly ByteBuffer _frame = new(FrameBytes + 4096);
    private bool _opened;

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.Length > program.RecordBytesMax || value.Length > program.RecordBytesMax)
        {
            throw TooLong(key.Length, value.Length);
        }

        if (!_opened)
        {
            Frame.Open(_frame);
            _opened = true;
        }

        PackedPairs.Add(_frame, key, value);
        if (_frame.Length >= FrameBytes)
        {
            channel.Send(_frame, HostFrame.Pairs);
        }
    }

    /// <summary>Sends what is left.</summary>
    public void Flush()
    {
        if (_opened && _frame.Length > Frame.HeadBytes)
        {
            channel.Send(_frame, HostFrame.Pairs);
        }
    }

    private UserCodeFault TooLong(int key, int value) => new(Cards.Of(attempt, program.File, program.Role, string.Create(
        CultureInfo.InvariantCulture,
        $"the {program.Role} emitted a {(key > program.RecordBytesMax ? "key" : "value")} of {Math.Max(key, value)} bytes; the limit for a record is {program.RecordBytesMax}")));
}

/// <summary>Sends records that are set aside to the engine.</summary>
internal sealed class BadRecordFrames(Channel channel) : IBadRecordSink
{
    private readonly ByteBuffer _frame = Server.NewFrame();

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<byte> record, FailureCard card)
    {
        HostCards.Write(_frame, card);
        _frame.Append(record);
        channel.Send(_frame, HostFrame.Bad);
    }
}
