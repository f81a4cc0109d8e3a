using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Katanemimena.Core;
using Katanemimena.DataPath;
using Xunit;

namespace Katanemimena.Tests.Unit.DataPath.Input;

/// <summary>Reads records through the reader, and splits bytes in the plainest way to compare with.</summary>
internal static class Records
{
    public const int NoLimit = 1 << 30;

    /// <summary>Bytes in which line ends, and bytes that are often taken for one, are frequent.</summary>
    public static Gen<byte[]> Bytes { get; } = Gen.Choose(0, 300)
        .SelectMany(length => Gen.Frequency(
            (3, Gen.Constant((byte)'\n')),
            (2, Gen.Constant((byte)'\r')),
            (2, Gen.Constant((byte)0)),
            (2, Gen.Constant((byte)0xff)),
            (8, Gen.Choose('a', 'z').Select(c => (byte)c))).ArrayOf(length));

    /// <summary>Checks a property on so many generated cases, the same in every run.</summary>
    public static void ForAll<T>(Gen<T> cases, Action<T> property, int tests, ulong seed) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(tests).WithReplay(seed, 1), Prop.ForAll(cases.ToArbitrary(), property));

    /// <summary>Every record with its LF, in order.</summary>
    public static List<byte[]> Split(byte[] bytes)
    {
        var records = new List<byte[]>();
        var record = new List<byte>();
        foreach (byte b in bytes)
        {
            record.Add(b);
            if (b == '\n')
            {
                records.Add([.. record]);
                record.Clear();
            }
        }

        if (record.Count > 0)
        {
            records.Add([.. record]);
        }

        return records;
    }

    /// <summary>Reads one chunk; checks what the reader says of its blocks against the blocks themselves.</summary>
    public static List<(long Offset, byte[] Record)> Read(byte[] bytes, Chunk chunk, bool gzip = false, int recordBytesMax = NoLimit)
    {
        var records = new List<(long, byte[])>();
        var all = new List<byte>();
        using RecordReader reader = Open(bytes, chunk, gzip, recordBytesMax);
        while (reader.TryRead(out RecordBlock block))
        {
            Assert.Equal("file", block.File);
            Assert.False(block.Bytes.IsEmpty);
            long offset = block.Offset;
            foreach (byte[] record in Split(block.Bytes.ToArray()))
            {
                records.Add((offset, record));
                offset += record.Length;
            }

            all.AddRange(block.Bytes.ToArray());
        }

        Assert.False(reader.TryRead(out _));
        Assert.Equal(records.Count, reader.RecordsRead);
        Assert.Equal(all.Count, reader.BytesRead);
        Assert.Equal(Crc32C.Append(0, all.ToArray()), reader.Crc32C);
        return records;
    }

    public static RecordReader Open(byte[] bytes, Chunk chunk, bool gzip = false, int recordBytesMax = NoLimit) =>
        RecordReader.Open(new InputFile("file", bytes.Length, gzip), chunk, new BytesInMemory(bytes), recordBytesMax, CancellationToken.None);

    public static void AssertSame(IReadOnlyList<byte[]> expected, IReadOnlyList<byte[]> actual)
    {
        Assert.Equal(expected.Select(Convert.ToHexString), actual.Select(Convert.ToHexString));
    }

    public static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);
}
