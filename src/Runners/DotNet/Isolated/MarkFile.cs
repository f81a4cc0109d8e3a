using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Katanemimena.Runners;

/// <summary>A <see cref="RecordMark"/> in a file that two processes share: one marks, the other reads, also after the first has ended.</summary>
/// <remarks>It is read by read(2), never mapped here: a mapping would fault if the file were cut short, which user code may do.</remarks>
internal sealed class MarkFile : IDisposable
{
    /// <summary>Its name in the process's working folder, until the process has opened it.</summary>
    public const string Name = "mark";

    private readonly SafeFileHandle _file;

    /// <summary>Makes one in a folder.</summary>
    public MarkFile(string folder)
    {
        _file = File.OpenHandle(Path.Combine(folder, Name), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> none = stackalloc byte[RecordMark.Bytes];
        none.Fill(0xFF);
        RandomAccess.Write(_file, none, 0);
    }

    /// <summary>Opens the file of the working folder, in the process that marks, and takes its name away. For the life of the process.</summary>
    public static unsafe RecordMark Open()
    {
        MemoryMappedFile file = MemoryMappedFile.CreateFromFile(Name, FileMode.Open, null, RecordMark.Bytes);
        byte* memory = null;
        file.CreateViewAccessor(0, RecordMark.Bytes).SafeMemoryMappedViewHandle.AcquirePointer(ref memory);
        File.Delete(Name);
        return new RecordMark(memory);
    }

    /// <summary>What is marked.</summary>
    /// <param name="start">Where the record starts; below 0 if there is none. Not to be trusted.</param>
    /// <returns>Number of the piece of input, -1 before the first. Not to be trusted.</returns>
    public long Read(out long start)
    {
        Span<byte> cells = stackalloc byte[RecordMark.Bytes];
        bool whole = RandomAccess.Read(_file, cells, 0) == cells.Length;
        start = whole ? BinaryPrimitives.ReadInt64LittleEndian(cells[8..]) : -1;
        return whole ? BinaryPrimitives.ReadInt64LittleEndian(cells) : -1;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
