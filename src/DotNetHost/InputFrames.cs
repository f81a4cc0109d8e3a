using Katanemimena.Core;
using Katanemimena.Runners;

namespace Katanemimena.DotNetHost;

/// <summary>The input of a run as it comes from the engine: blocks of records, or pieces of packed groups.</summary>
internal sealed class InputFrames(Channel channel, RecordMark mark, long pieces) : IRecordSource
{
    private string _file = "";
    private byte[] _fileBytes = [];

    /// <summary>Pieces received, over all runs.</summary>
    public long Pieces { get; private set; } = pieces;

    /// <inheritdoc/>
    public bool TryRead(out RecordBlock block)
    {
        block = default;
        if (!TryReceive(HostFrame.Block, out ReadOnlyMemory<byte> body, out long offset))
        {
            return false;
        }

        mark.Clear(Pieces - 1);
        block = new RecordBlock(body[(4 + File(body.Span))..], offset, _file);
        return true;
    }

    /// <summary>The next piece of groups; it marks nothing yet.</summary>
    public bool TryReceive(out ReadOnlyMemory<byte> body) => TryReceive(HostFrame.Groups, out body, out _);

    /// <summary>A group begins at this place of the present piece.</summary>
    public void MarkGroup(long start)
    {
        mark.Clear(Pieces - 1);
        mark.Start = start;
    }

    private bool TryReceive(byte wanted, out ReadOnlyMemory<byte> body, out long argument)
    {
        byte kind = channel.Receive(out body, out argument);
        if (kind == wanted)
        {
            Pieces++;
            return true;
        }

        return kind == HostFrame.End ? false : throw new InvalidDataException($"the engine sent a frame of kind {kind} in a run");
    }

    // The file is mostly the one of the block before; a string is made only when it is not.
    private int File(ReadOnlySpan<byte> body)
    {
        FieldReader fields = new(body);
        ReadOnlySpan<byte> name = fields.Span();
        if (!name.SequenceEqual(_fileBytes) || _file.Length == 0)
        {
            _fileBytes = name.ToArray();
            _file = System.Text.Encoding.UTF8.GetString(name);
        }

        return name.Length;
    }
}
