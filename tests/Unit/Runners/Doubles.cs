using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Tests.Unit.Runners;

/// <summary>Records of one file in memory, in blocks of whole records of about a size.</summary>
internal sealed class RecordList(byte[] bytes, int blockBytes = 64, string file = "data.txt") : IRecordSource
{
    private int _at;

    public int At => _at;

    public bool TryRead(out RecordBlock block)
    {
        block = default;
        if (_at >= bytes.Length)
        {
            return false;
        }

        int from = Math.Min(_at + blockBytes - 1, bytes.Length - 1);
        int lineFeed = Array.IndexOf(bytes, (byte)'\n', from);
        int end = lineFeed < 0 ? bytes.Length : lineFeed + 1;
        block = new RecordBlock(bytes.AsMemory(_at, end - _at), _at, file);
        _at = end;
        return true;
    }
}

/// <summary>Pairs as they come.</summary>
internal sealed class PairList : IPairSink
{
    public List<(string Key, string Value)> Pairs { get; } = [];

    public string Text => string.Join('\n', Pairs.Select(pair => $"{pair.Key}={pair.Value}"));

    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => Pairs.Add((Encoding.Latin1.GetString(key), Encoding.Latin1.GetString(value)));
}

/// <summary>Groups in memory; a value with a number of repeats.</summary>
internal sealed class GroupList(params (string Key, (string Value, long Repeat)[] Values)[] groups) : IGroupSource
{
    private int _group = -1;
    private int _value = -1;

    public static GroupList Of(params (string Key, string[] Values)[] groups) =>
        new([.. groups.Select(group => (group.Key, group.Values.Select(value => (value, 1L)).ToArray()))]);

    public ReadOnlySpan<byte> Key => Encoding.Latin1.GetBytes(groups[_group].Key);

    public ReadOnlySpan<byte> Value => Encoding.Latin1.GetBytes(groups[_group].Values[_value].Value);

    public long Repeat => groups[_group].Values[_value].Repeat;

    public bool NextGroup()
    {
        _value = -1;
        return ++_group < groups.Length;
    }

    public bool NextValue() => ++_value < groups[_group].Values.Length;
}

/// <summary>Records set aside.</summary>
internal sealed class BadRecordList : IBadRecordSink
{
    public List<(string Record, FailureCard Card)> Records { get; } = [];

    public void Add(ReadOnlySpan<byte> record, FailureCard card) => Records.Add((Encoding.Latin1.GetString(record), card));
}
