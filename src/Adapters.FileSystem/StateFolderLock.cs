using System.Buffers.Text;
using System.Text;
using Katanemimena.Core;
using Microsoft.Win32.SafeHandles;

namespace Katanemimena.Adapters.FileSystem;

/// <summary>The right of one process to use a state folder. It ends with <see cref="Dispose"/> or with the process, however it dies.</summary>
/// <remarks>An exclusive <c>flock</c> on the file <c>lock</c> in the folder, which also names the holder. The file stays.</remarks>
public sealed class StateFolderLock : IDisposable
{
    private readonly SafeFileHandle _handle;

    private StateFolderLock(SafeFileHandle handle) => _handle = handle;

    /// <summary>Takes the lock of a folder, creating the folder if it is missing.</summary>
    /// <param name="folder">The state folder.</param>
    /// <exception cref="PermanentFault">Another process holds it, which the message names by its id; or the folder cannot be written.</exception>
    public static StateFolderLock Take(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string path = Path.Combine(Path.GetFullPath(folder), "lock");
        SafeFileHandle? handle = null;
        try
        {
            Directory.CreateDirectory(folder);
            handle = NativeFiles.OpenOrCreate(path);
            if (!NativeFiles.TryLock(handle, path))
            {
                throw new PermanentFault($"{folder} is in use by {Holder(handle)}; wait until it ends, or give another folder") { OfMachine = true };
            }

            RandomAccess.SetLength(handle, 0);
            RandomAccess.Write(handle, Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"), 0);
            return new StateFolderLock(handle);
        }
        catch (Exception error)
        {
            handle?.Dispose();
            if (FileFaults.IsOfFiles(error))
            {
                throw FileFaults.Of("lock", path, error);
            }

            throw;
        }
    }

    /// <summary>Gives the folder free.</summary>
    public void Dispose() => _handle.Dispose();

    private static string Holder(SafeFileHandle handle)
    {
        Span<byte> text = stackalloc byte[16];
        int read = RandomAccess.Read(handle, text, 0);
        return Utf8Parser.TryParse(text[..read], out int process, out _) ? $"process {process}" : "another process";
    }
}
