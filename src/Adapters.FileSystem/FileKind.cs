using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Katanemimena.Adapters.FileSystem;

/// <summary>Tells regular files from pipes, sockets and devices, which the runtime's own calls do not, without opening them.</summary>
/// <remarks>By statx(2), whose record is the same on all processors. Elsewhere than on Linux everything counts as regular;
/// pipes and devices then have size 0 and so are never opened.</remarks>
internal static partial class FileKind
{
    private const int CurrentFolder = -100;
    private const uint TypeOnly = 1;
    private const int RecordBytes = 256;
    private const int ModeOffset = 28;
    private const int TypeMask = 0xF000;

    /// <summary>Whether this system tells the kinds apart.</summary>
    public static bool IsKnown => OperatingSystem.IsLinux();

    /// <summary>What a path is, if it is not a regular file: <c>a named pipe</c> and so on; null if it is regular or cannot be told. Links are followed.</summary>
    public static string? OtherThanRegular(string path)
    {
        if (!IsKnown)
        {
            return null;
        }

        var record = new byte[RecordBytes];
        if (Statx(CurrentFolder, path, 0, TypeOnly, record) != 0)
        {
            return null;
        }

        return (BinaryPrimitives.ReadUInt16LittleEndian(record.AsSpan(ModeOffset)) & TypeMask) switch
        {
            0x1000 => "a named pipe",
            0x2000 => "a character device",
            0x6000 => "a block device",
            0xC000 => "a socket",
            _ => null,
        };
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int folder, string path, int flags, uint mask, byte[] record);
}
