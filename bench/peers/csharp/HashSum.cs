namespace Katanemimena.Bench.Peers;

/// <summary>Cuts a file in two at a line's end, fills a table from each half on a thread of its own, merges, sorts, writes.</summary>
internal static class HashSum
{
    private const int Threads = 2;
    private const int BlockBytes = 1 << 20;

    /// <summary>Adds the records of a block to a table.</summary>
    public delegate void Fill(ReadOnlySpan<byte> lines, ByteTable table);

    public static void Run(string input, string output, Fill fill)
    {
        var bounds = Bounds(input);
        var tables = new ByteTable[Threads];
        var threads = Enumerable.Range(0, Threads)
            .Select(i => new Thread(() => tables[i] = Read(input, bounds[i], bounds[i + 1], fill)))
            .ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        foreach (var table in tables[1..])
        {
            tables[0].AddAll(table);
        }

        Write(output, tables[0]);
    }

    private static long[] Bounds(string input)
    {
        using var file = File.OpenRead(input);
        var bounds = new long[Threads + 1];
        for (var i = 1; i < Threads; i++)
        {
            file.Position = file.Length * i / Threads;
            for (var next = file.ReadByte(); next is not ('\n' or -1); next = file.ReadByte())
            {
            }

            bounds[i] = file.Position;
        }

        bounds[Threads] = file.Length;
        return bounds;
    }

    private static ByteTable Read(string input, long start, long end, Fill fill)
    {
        using var file = File.OpenHandle(input, options: FileOptions.SequentialScan);
        var table = new ByteTable();
        var block = new byte[BlockBytes];
        var kept = 0;
        while (start < end)
        {
            var read = RandomAccess.Read(file, block.AsSpan(kept, (int)Math.Min(block.Length - kept, end - start)), start);
            start += read;
            kept += read;
            var whole = start >= end || read == 0 ? kept : block.AsSpan(0, kept).LastIndexOf((byte)'\n') + 1;
            if (whole == 0)
            {
                Array.Resize(ref block, block.Length * 2);
                continue;
            }

            fill(block.AsSpan(0, whole), table);
            block.AsSpan(whole, kept - whole).CopyTo(block);
            kept -= whole;
        }

        return table;
    }

    private static void Write(string output, ByteTable table)
    {
        using var file = new BufferedStream(File.Create(output), BlockBytes);
        Span<byte> digits = stackalloc byte[24];
        foreach (var (key, number) in table.Sorted())
        {
            file.Write(key.Span);
            file.WriteByte((byte)'\t');
            number.TryFormat(digits, out var length);
            file.Write(digits[..length]);
            file.WriteByte((byte)'\n');
        }
    }
}
