using System.Buffers.Binary;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Input of a run in pieces, each a frame.</summary>
internal interface IInputPieces
{
    /// <summary>Fills an empty frame with the next piece and seals it.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="marked">Whether a record or key begins in it, so that it may be asked for a card.</param>
    /// <returns>False when there is nothing more.</returns>
    bool TryNext(ByteBuffer frame, out bool marked);

    /// <summary>Adds the record or key at a place in a piece to a card.</summary>
    /// <param name="card">The card.</param>
    /// <param name="frame">The piece.</param>
    /// <param name="start">The place as the process marked it, which may be any number.</param>
    FailureCard Describe(FailureCard card, ByteBuffer frame, long start);
}

/// <summary>Blocks of records, as they come.</summary>
internal sealed class RecordPieces(IRecordSource records) : IInputPieces
{
    /// <inheritdoc/>
    public bool TryNext(ByteBuffer frame, out bool marked)
    {
        marked = records.TryRead(out RecordBlock block);
        if (marked)
        {
            frame.Add(block.File);
            frame.Append(block.Bytes.Span);
            Frame.Seal(frame, HostFrame.Block, block.Offset);
        }

        return marked;
    }

    /// <inheritdoc/>
    public FailureCard Describe(FailureCard card, ByteBuffer frame, long start)
    {
        FieldReader fields = new(Frame.Body(frame));
        string file = fields.Text();
        if (start < 0 || start > fields.Rest.Length)
        {
            return card;
        }

        ReadOnlySpan<byte> record = fields.Rest[(int)start..];
        int lineFeed = record.IndexOf((byte)'\n');
        return card.WithRecord(lineFeed < 0 ? record : record[..lineFeed]) with { File = file, Offset = Frame.Argument(frame) + start };
    }
}

/// <summary>Groups, packed.</summary>
internal sealed class GroupPieces(IGroupSource groups) : IInputPieces
{
    private readonly GroupPacker _packer = new(groups);

    /// <inheritdoc/>
    public bool TryNext(ByteBuffer frame, out bool marked)
    {
        bool any = _packer.TryFill(frame, out marked);
        Frame.Seal(frame, HostFrame.Groups);
        return any;
    }

    /// <inheritdoc/>
    public FailureCard Describe(FailureCard card, ByteBuffer frame, long start)
    {
        ReadOnlySpan<byte> body = Frame.Body(frame);
        if (start < 0 || start > body.Length - 4)
        {
            return card;
        }

        body = body[(int)start..];
        uint head = BinaryPrimitives.ReadUInt32LittleEndian(body);
        return (head & GroupPacker.KindMask) == GroupPacker.Key && head <= body.Length - 4 ? card.WithRecord(body.Slice(4, (int)head)) : card;
    }
}
