using System.Runtime.InteropServices;

namespace Katanemimena.Cli.Remote;

/// <summary>Puts the terminal of standard input into the mode of lines, shown or not, until disposed of: the system edits the line, and Ctrl-C is a signal.</summary>
/// <remarks>Not by the console class: it shows what is typed until it reads, and so whatever is typed early. Layout and figures: termios(3) on Linux.</remarks>
internal sealed partial class TerminalLines : IDisposable
{
    private const int RecordBytes = 256, InputOffset = 0, LocalOffset = 12;
    private const uint ReturnIsNewLine = 0x100, Signals = 0x1, Lines = 0x2, Echo = 0x8, EchoErase = 0x10, EchoNewLine = 0x40, Extended = 0x8000;
    private const int AfterOutput = 1;

    private readonly byte[]? _before;

    /// <summary>Sets the mode. Where standard input is no terminal, nothing changes.</summary>
    /// <param name="shown">Whether what is typed is shown.</param>
    public TerminalLines(bool shown)
    {
        byte[] mode = new byte[RecordBytes];
        if (Get(0, mode) != 0)
        {
            return;
        }

        _before = [.. mode];
        Change(mode, InputOffset, ReturnIsNewLine, 0);
        Change(mode, LocalOffset, Signals | Lines | Extended | EchoErase | (shown ? Echo : EchoNewLine), shown ? 0 : Echo);
        _ = Set(0, AfterOutput, mode);
    }

    /// <summary>Sets the mode that was before.</summary>
    public void Dispose()
    {
        if (_before is not null)
        {
            _ = Set(0, AfterOutput, _before);
        }
    }

    private static void Change(byte[] mode, int offset, uint on, uint off)
    {
        Span<byte> flags = mode.AsSpan(offset, sizeof(uint));
        uint value = MemoryMarshal.Read<uint>(flags);
        MemoryMarshal.Write(flags, (value | on) & ~off);
    }

    [LibraryImport("libc", EntryPoint = "tcgetattr")]
    private static partial int Get(int descriptor, byte[] mode);

    [LibraryImport("libc", EntryPoint = "tcsetattr")]
    private static partial int Set(int descriptor, int when, byte[] mode);
}
