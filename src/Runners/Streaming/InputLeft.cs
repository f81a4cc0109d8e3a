using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Katanemimena.Runners;

/// <summary>Tells how much of what a process was given on its stdin it never took.</summary>
/// <remarks>Linux only. When our end of the pipe is about to be closed, a reading end is opened that keeps what is in the pipe; opened any earlier, it
/// would hide that the process closed its own. Source: pipe(7), FIONREAD; proc(5), /proc/[pid]/fd.</remarks>
internal sealed unsafe partial class InputLeft
{
    private const int ReadNonBlockingCloseOnExec = 0x800 | 0x80000;
    private const nuint BytesToRead = 0x541B;
    private int _pipe = -1;
    private long _given;

    /// <summary>Whether it was given something and took none of it; false where that cannot be told.</summary>
    public bool IsAll { get; private set; }

    /// <summary>Bytes went into the pipe.</summary>
    public void Gave(int count) => _given += count;

    /// <summary>Our end is about to be closed.</summary>
    public void Keep(int input)
    {
        byte[] path = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{input}\0"));
        fixed (byte* start = path)
        {
            _pipe = Open(start, ReadNonBlockingCloseOnExec);
        }
    }

    /// <summary>The process has ended, and nobody reads any more.</summary>
    public void Look()
    {
        int left = 0;
        IsAll = _pipe >= 0 && _given > 0 && Control(_pipe, BytesToRead, &left) == 0 && left == _given;
    }

    /// <summary>Lets go of the pipe.</summary>
    public void Close()
    {
        if (_pipe >= 0)
        {
            _ = Libc.Close(_pipe);
            _pipe = -1;
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    private static partial int Open(byte* path, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int descriptor, nuint request, int* argument);
}
