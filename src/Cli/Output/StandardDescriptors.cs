using System.Runtime.InteropServices;
using System.Text;

namespace Katanemimena.Cli.Output;

/// <summary>Descriptors 0 to 2 as the process was given them.</summary>
/// <remarks>Whoever starts a process may leave some of them closed. The runtime's own pipes and files then get these numbers before any code of
/// ours runs: reading standard input would wait on the runtime's pipe for ever, and an error message would go into it.</remarks>
internal static unsafe partial class StandardDescriptors
{
    private const int GetFlags = 1, GetStatus = 3;
    private const int ReadOnly = 0, WriteOnly = 1, AccessMask = 3;

    /// <summary>Whether standard input can be read.</summary>
    public static bool CanRead => (Control(0, GetStatus, 0) & AccessMask) != WriteOnly;

    /// <summary>Whether standard output can be written.</summary>
    public static bool CanWrite => (Control(1, GetStatus, 0) & AccessMask) != ReadOnly;

    /// <summary>Makes sure that all three are open. If one was not, starts this program anew in its own place, with the null device there, such that
    /// reading from 0 and writing to 1 are errors, and writing to 2 loses the text.</summary>
    /// <exception cref="IOException">It cannot be started anew.</exception>
    public static void Secure()
    {
        bool whole = true;
        for (int descriptor = 0; descriptor <= 2; descriptor++)
        {
            whole &= IsInherited(descriptor);
        }

        if (whole)
        {
            return;
        }

        for (int descriptor = 0; descriptor <= 2; descriptor++)
        {
            if (!IsInherited(descriptor))
            {
                OpenNull(descriptor, descriptor == 1 ? ReadOnly : WriteOnly);
            }
        }

        StartAnew();
    }

    /// <summary>Whether a descriptor comes from whoever started this process. What lived through the start cannot be set to be closed at a start; all that
    /// the runtime opens is.</summary>
    private static bool IsInherited(int descriptor) => Control(descriptor, GetFlags, 0) == 0;

    private static void OpenNull(int descriptor, int mode)
    {
        int opened = Open("/dev/null", mode);
        if (opened < 0 || (opened != descriptor && Duplicate(opened, descriptor) < 0))
        {
            throw Error();
        }

        // A copy is not closed at a start; what was opened beside it must not stay.
        if (opened > 2)
        {
            _ = Close(opened);
        }
    }

    private static void StartAnew()
    {
        // Byte by byte as characters, since arguments need not be valid UTF-8; each ends with a zero.
        string[] arguments = Encoding.Latin1.GetString(File.ReadAllBytes("/proc/self/cmdline")).Split('\0')[..^1];
        byte** pointers = (byte**)NativeMemory.AllocZeroed((nuint)(arguments.Length + 1), (nuint)sizeof(byte*));
        for (int index = 0; index < arguments.Length; index++)
        {
            pointers[index] = (byte*)NativeMemory.AllocZeroed((nuint)arguments[index].Length + 1);
            Encoding.Latin1.GetBytes(arguments[index], new Span<byte>(pointers[index], arguments[index].Length));
        }

        RemoveSocket();
        _ = Execute("/proc/self/exe", pointers);
        throw Error();
    }

    /// <summary>Removes the runtime's socket for diagnostics, which would stay, and be in the way of the next one's: the name is made of the process's id.</summary>
    private static void RemoveSocket()
    {
        try
        {
            foreach (string socket in Directory.EnumerateFileSystemEntries(Path.GetTempPath(), $"dotnet-diagnostic-{Environment.ProcessId}-*-socket"))
            {
                File.Delete(socket);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Then there is none.
        }
    }

    private static IOException Error()
    {
        int error = Marshal.GetLastPInvokeError();
        return new IOException($"standard input, output or error is closed, and cannot be opened: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(int descriptor, int command, int argument);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    private static partial int Duplicate(int descriptor, int wanted);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "execv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(string path, byte** arguments);
}
