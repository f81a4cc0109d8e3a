using System;
using Katanemimena.Sdk;

/// <summary>Emits each word of a document once, found by a small hash table of where its words begin.</summary>
public sealed class DocumentMapper : IMapper
{
    private int[] _starts = new int[256];
    private int[] _lengths = new int[256];
    private int[] _stamps = new int[256];
    private int _stamp;

    public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output)
    {
        var tab = record.IndexOf((byte)'\t');
        var document = record[..tab];
        _stamp++;
        Reserve(record.Length);
        for (var start = tab + 1; start <= record.Length;)
        {
            var length = record[start..].IndexOf((byte)' ');
            length = length < 0 ? record.Length - start : length;
            if (IsFirst(record, start, length))
            {
                output.Emit(record.Slice(start, length), document);
            }

            start += length + 1;
        }
    }

    private bool IsFirst(ReadOnlySpan<byte> record, int start, int length)
    {
        var word = record.Slice(start, length);
        var hash = 2166136261u;
        foreach (var letter in word)
        {
            hash = (hash ^ letter) * 16777619;
        }

        var mask = _starts.Length - 1;
        var slot = (int)hash & mask;
        for (; _stamps[slot] == _stamp; slot = (slot + 1) & mask)
        {
            if (_lengths[slot] == length && record.Slice(_starts[slot], length).SequenceEqual(word))
            {
                return false;
            }
        }

        (_stamps[slot], _starts[slot], _lengths[slot]) = (_stamp, start, length);
        return true;
    }

    private void Reserve(int words)
    {
        if (_starts.Length < words + 2)
        {
            var size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)words + 2);
            (_starts, _lengths, _stamps) = (new int[size], new int[size], new int[size]);
        }
    }
}

public sealed class PostingsReducer : IReducer
{
    private byte[] _postings = new byte[1 << 16];

    public void Reduce(ReadOnlySpan<byte> key, IValues values, IEmitter output)
    {
        var used = 0;
        while (values.MoveNext())
        {
            var document = values.Current;
            if (_postings.Length < used + document.Length + 1)
            {
                Array.Resize(ref _postings, Math.Max(_postings.Length * 2, used + document.Length + 1));
            }

            document.CopyTo(_postings.AsSpan(used));
            used += document.Length;
            _postings[used++] = (byte)' ';
        }

        output.Emit(key, _postings.AsSpan(0, used - 1));
    }
}
