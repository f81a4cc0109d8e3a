using System.Text;
using Katanemimena.Core;
using Katanemimena.DataPath;

namespace Katanemimena.Tests.Unit.DataPath.Result;

/// <summary>Pairs in the order given; neighbours of equal key are one group, and equal neighbours in it one value that repeats.</summary>
internal sealed class Groups : IGroupSource
{
    private readonly List<(byte[] Key, List<(byte[] Value, long Repeat)> Values)> _groups = [];
    private int _group = -1;
    private int _value;

    public Groups(IEnumerable<(byte[] Key, byte[] Value)> pairs)
    {
        foreach ((byte[] key, byte[] value) in pairs)
        {
            if (_groups.Count == 0 || !_groups[^1].Key.AsSpan().SequenceEqual(key))
            {
                _groups.Add((key, []));
            }

            List<(byte[] Value, long Repeat)> values = _groups[^1].Values;
            if (values.Count > 0 && values[^1].Value.AsSpan().SequenceEqual(value))
            {
                values[^1] = (value, values[^1].Repeat + 1);
            }
            else
            {
                values.Add((value, 1));
            }
        }
    }

    public ReadOnlySpan<byte> Key => _groups[_group].Key;

    public ReadOnlySpan<byte> Value => _groups[_group].Values[_value].Value;

    public long Repeat => _groups[_group].Values[_value].Repeat;

    /// <summary>Writes pairs in a format, as a whole result.</summary>
    public static byte[] WriteBytes(ResultFormat format, ValueFormat values, params (byte[] Key, byte[] Value)[] pairs)
    {
        using var stream = new MemoryStream();
        var buffer = new OutputBuffer(stream);
        PairFormat writer = PairFormat.Create(format, values, buffer);
        writer.Begin();
        PairWriter.WriteAll(new Groups(pairs), writer, CancellationToken.None);
        writer.End();
        buffer.Flush();
        return stream.ToArray();
    }

    /// <summary>The same for text, in which each character up to U+00FF stands for one byte.</summary>
    public static string Write(ResultFormat format, ValueFormat values, params (string Key, string Value)[] pairs) =>
        Encoding.Latin1.GetString(WriteBytes(format, values, [.. pairs.Select(pair => (Encoding.Latin1.GetBytes(pair.Key), Encoding.Latin1.GetBytes(pair.Value)))]));

    public bool NextGroup()
    {
        _value = -1;
        return ++_group < _groups.Count;
    }

    public bool NextValue() => ++_value < _groups[_group].Values.Count;
}
