using System.Buffers.Text;

namespace Katanemimena.Bench.Peers;

/// <summary>W1: every word counts one.</summary>
internal static class WordCount
{
    public static void Count(ReadOnlySpan<byte> lines, ByteTable table)
    {
        var start = 0;
        var hash = 2166136261u;
        for (var i = 0; i < lines.Length; i++)
        {
            var next = lines[i];
            if (next is not ((byte)' ' or (byte)'\n'))
            {
                hash = (hash ^ next) * 16777619u;
                continue;
            }

            table.Add(lines[start..i], hash ^ (hash >> 15), 1);
            start = i + 1;
            hash = 2166136261u;
        }

        if (start < lines.Length)
        {
            table.Add(lines[start..], hash ^ (hash >> 15), 1);
        }
    }
}

/// <summary>W2: <c>user TAB number</c>.</summary>
internal static class SumByKey
{
    public static void Sum(ReadOnlySpan<byte> lines, ByteTable table)
    {
        while (!lines.IsEmpty)
        {
            var end = lines.IndexOf((byte)'\n');
            var line = end < 0 ? lines : lines[..end];
            lines = lines[Math.Min(lines.Length, line.Length + 1)..];
            var tab = line.IndexOf((byte)'\t');
            if (tab < 0 || !Utf8Parser.TryParse(line[(tab + 1)..], out long number, out _))
            {
                throw new FormatException("a line is not `user TAB number`");
            }

            var user = line[..tab];
            table.Add(user, ByteTable.Hash(user), number);
        }
    }
}
