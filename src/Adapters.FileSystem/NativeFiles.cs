using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Katanemimena.Adapters.FileSystem;

/// <summary>The few calls of the C library that .NET has no way to make: syncing a folder, locking a file without opening it twice.</summary>
internal static partial class NativeFiles
{
    private const int ReadWrite = 0x2;
    private const int CreateIfMissing = 0x40;
    private const int CloseOnExec = 0x80000;
    private const int ExclusiveWithoutWaiting = 0x2 | 0x4;
    private const int WouldBlock = 11;
    private const int SyncNotSupported = 22;

    /// <summary>Makes the entries of a folder durable. A file system that cannot sync folders needs no such call.</summary>
    /// <exception cref="IOException">The device failed; its error number is in <see cref="Exception.HResult"/>.</exception>
    internal static void SyncFolder(string folder)
    {
        using SafeFileHandle handle = Open(folder, CloseOnExec);
        if (Sync(handle) < 0 && Marshal.GetLastPInvokeError() is var error and not SyncNotSupported)
        {
            throw Error(error, folder);
        }
    }

    /// <summary>Opens a file for reading and writing, creating it if it is missing. Children do not inherit it.</summary>
    internal static SafeFileHandle OpenOrCreate(string path) => Open(path, ReadWrite | CreateIfMissing | CloseOnExec);

    /// <summary>Takes the exclusive lock of an open file; it ends when the file is closed or the process dies.</summary>
    /// <returns>False if somebody else holds it.</returns>
    internal static bool TryLock(SafeFileHandle handle, string path)
    {
        if (Lock(handle, ExclusiveWithoutWaiting) == 0)
        {
            return true;
        }

        int error = Marshal.GetLastPInvokeError();
        return error == WouldBlock ? false : throw Error(error, path);
    }

    /// <summary>Gives an open file to a user and a group.</summary>
    /// <returns>False if this process has no right to.</returns>
    internal static bool TryChangeOwner(SafeFileHandle handle, uint user, uint group) => ChangeOwner(handle, user, group) == 0;

    private static SafeFileHandle Open(string path, int flags)
    {
        SafeFileHandle handle = Open(path, flags, 0b110_100_100);
        if (handle.IsInvalid)
        {
            int error = Marshal.GetLastPInvokeError();
            handle.Dispose();
            throw Error(error, path);
        }

        return handle;
    }

    private static IOException Error(int error, string path) => new($"{new Win32Exception(error).Message} : '{path}'", error);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial SafeFileHandle Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Sync(SafeFileHandle handle);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Lock(SafeFileHandle handle, int operation);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ChangeOwner(SafeFileHandle handle, uint user, uint group);
}
