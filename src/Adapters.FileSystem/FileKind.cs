using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Katanemimena.Adapters.FileSystem;

/// <summary>Tells what the runtime's own calls do not, without opening a file: regular files from pipes, sockets and devices; whose a file is, and which.</summary>
/// <remarks>By statx(2), whose record is the same on all processors. Elsewhere than on Linux everything counts as regular;
/// pipes and devices then have size 0 and so are never opened.</remarks>
internal static partial class FileKind
{
    private const int CurrentFolder = -100;
    private const uint TypeOnly = 1;
    private const int RecordBytes = 256;
    private const uint Basic = 0x7ff;
    private const int UserOffset = 20, GroupOffset = 24, ModeOffset = 28, InodeOffset = 32, DeviceOffset = 136;
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
        return Statx(CurrentFolder, path, 0, TypeOnly, record) != 0 ? null : (BinaryPrimitives.ReadUInt16LittleEndian(record.AsSpan(ModeOffset)) & TypeMask) switch
        {
            0x1000 => "a named pipe",
            0x2000 => "a character device",
            0x6000 => "a block device",
            0xC000 => "a socket",
            _ => null,
        };
    }

    /// <summary>What tells a file from all others on this machine, whatever names lead to it; null if there is none. Links are followed.</summary>
    public static (uint DeviceMajor, uint DeviceMinor, ulong Inode)? Identity(string path)
    {
        var record = new byte[RecordBytes];
        return IsKnown && Statx(CurrentFolder, path, 0, Basic, record) == 0
            ? (BinaryPrimitives.ReadUInt32LittleEndian(record.AsSpan(DeviceOffset)),
                BinaryPrimitives.ReadUInt32LittleEndian(record.AsSpan(DeviceOffset + 4)),
                BinaryPrimitives.ReadUInt64LittleEndian(record.AsSpan(InodeOffset)))
            : null;
    }

    /// <summary>User and group that a file belongs to, or null if it cannot be told. Links are followed.</summary>
    public static (uint User, uint Group)? Owner(string path)
    {
        var record = new byte[RecordBytes];
        return IsKnown && Statx(CurrentFolder, path, 0, Basic, record) == 0
            ? (BinaryPrimitives.ReadUInt32LittleEndian(record.AsSpan(UserOffset)), BinaryPrimitives.ReadUInt32LittleEndian(record.AsSpan(GroupOffset)))
            : null;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int folder, string path, int flags, uint mask, byte[] record);
}
