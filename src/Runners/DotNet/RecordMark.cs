namespace Katanemimena.Runners;

/// <summary>Marks where user code is: at which record, or key, of which piece of input. A store of 8 bytes for each.</summary>
/// <remarks>In memory that is shared with the engine's process, the mark outlives a process that user code has brought down.</remarks>
internal sealed unsafe class RecordMark
{
    /// <summary>Bytes it takes.</summary>
    public const int Bytes = 2 * sizeof(long);

    private readonly long[]? _own;
    private readonly long* _cells;

    /// <summary>Makes one in this process's memory.</summary>
    public RecordMark()
    {
        _own = GC.AllocateArray<long>(8, pinned: true);
        _cells = (long*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _own[0]);
        Clear(-1);
    }

    /// <summary>Makes one in memory that stays where it is.</summary>
    public RecordMark(byte* memory)
    {
        _cells = (long*)memory;
        Clear(-1);
    }

    /// <summary>Where the record starts in its piece of input; -1 while there is none.</summary>
    public long Start
    {
        get => _cells[1];
        set => _cells[1] = value;
    }

    /// <summary>Begins with a piece of input; no record of it is in hand yet.</summary>
    public void Clear(long piece)
    {
        _cells[1] = -1;
        Volatile.Write(ref _cells[0], piece);
    }
}
