using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>A run or part file open for reading: verified footer and index rows.</summary>
internal sealed class RunFile : IDisposable
{
    private const int IndexBytesMax = 64 * 1024;

    private readonly VolumeReader _reader;
    private readonly RunReference _reference;
    private readonly bool _isScratch;
    private long _indexOffset;

    private RunFile(VolumeReader reader, RunReference reference, bool isScratch)
    {
        _reader = reader;
        _reference = reference;
        _isScratch = isScratch;
    }

    /// <summary>P of the file.</summary>
    public int Partitions { get; private set; }

    /// <summary>Opens a file and verifies its header and footer.</summary>
    /// <param name="volume">Where.</param>
    /// <param name="reference">The file and who wrote it.</param>
    /// <param name="isScratch">Whether this attempt itself wrote it: damage is then a reason to run the attempt again, and no other.</param>
    /// <exception cref="CorruptDataFault">It is missing or damaged.</exception>
    /// <exception cref="TransientFault">The same of a scratch file.</exception>
    public static RunFile Open(IVolume volume, RunReference reference, bool isScratch)
    {
        VolumeReader reader;
        try
        {
            reader = volume.Open(reference.Path);
        }
        catch (FileNotFoundException e)
        {
            throw Fault(reference, isScratch, -1, "file is missing", e);
        }

        var file = new RunFile(reader, reference, isScratch);
        try
        {
            file.ReadEnds();
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads and verifies the rows of some partitions (ascending), or of all.</summary>
    public RunRow[] ReadRows(IReadOnlyList<int>? partitions)
    {
        int count = partitions?.Count ?? Partitions;
        var rows = new RunRow[count];
        if (count == 0)
        {
            return rows;
        }

        int from = partitions?[0] ?? 0;
        int until = (partitions?[count - 1] ?? (Partitions - 1)) + 1;
        Invariant.Holds(from >= 0 && until <= Partitions, "partitions to read are in the file");
        bool whole = (until - from) * RunFormat.RowBytes <= IndexBytesMax;
        byte[] bytes = new byte[(whole ? until - from : 1) * RunFormat.RowBytes];
        if (whole)
        {
            ReadExactly(_indexOffset + ((long)from * RunFormat.RowBytes), bytes);
        }

        for (int i = 0; i < count; i++)
        {
            int partition = partitions?[i] ?? i;
            long offset = _indexOffset + ((long)partition * RunFormat.RowBytes);
            if (!whole)
            {
                ReadExactly(offset, bytes);
            }

            ReadOnlySpan<byte> row = whole ? bytes.AsSpan((partition - from) * RunFormat.RowBytes, RunFormat.RowBytes) : bytes;
            if (!RunRow.TryRead(row, partition, _indexOffset, out rows[i]))
            {
                throw Damaged(partition, offset, "index row does not verify");
            }
        }

        return rows;
    }

    /// <summary>Fills the buffer from an offset.</summary>
    public void ReadExactly(long offset, Span<byte> buffer)
    {
        int read = _reader.Read(offset, buffer);
        if (read < buffer.Length)
        {
            throw Damaged(-1, offset + read, $"file ends {buffer.Length - read} bytes early");
        }
    }

    /// <summary>The fault for damage found at an offset; partition -1 for none.</summary>
    public Exception Damaged(int partition, long offset, string what) =>
        Fault(
            _reference,
            _isScratch,
            offset,
            partition < 0 ? what : string.Create(CultureInfo.InvariantCulture, $"partition {partition}: {what}"),
            null);

    /// <summary>Closes the file.</summary>
    public void Dispose() => _reader.Dispose();

    private static Exception Fault(RunReference reference, bool isScratch, long offset, string what, Exception? cause)
    {
        string at = offset < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" at byte {offset}");
        return isScratch
            ? new TransientFault($"scratch file {reference.Path} is damaged{at}: {what}; the attempt has to run again", cause)
            : new CorruptDataFault(reference.Producer, $"file {reference.Path} of {reference.Producer} is damaged{at}: {what}; its task has to run again", cause);
    }

    private void ReadEnds()
    {
        long length = _reader.Length;
        if (length < RunFormat.HeaderBytes + RunFormat.RowBytes + RunFormat.FooterBytes)
        {
            throw Damaged(-1, length, "file is too short to be a run file");
        }

        Span<byte> header = stackalloc byte[RunFormat.HeaderBytes];
        Span<byte> footer = stackalloc byte[RunFormat.FooterBytes];
        ReadExactly(0, header);
        ReadExactly(length - RunFormat.FooterBytes, footer);
        string? wrong = RunFormat.ReadFooter(footer, header, length, out _indexOffset, out int partitions);
        if (wrong != null)
        {
            throw Damaged(-1, length - RunFormat.FooterBytes, wrong);
        }

        Partitions = partitions;
    }
}
