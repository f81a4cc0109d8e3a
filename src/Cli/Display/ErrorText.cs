using Katanemimena.Core;

namespace Katanemimena.Cli.Display;

/// <summary>Turns what ended a command into one sentence on standard error and an exit code.</summary>
internal static class ErrorText
{
    /// <summary>Writes the sentence and returns the exit code.</summary>
    public static int Report(Exception error)
    {
        (int exitCode, string message) = Describe(error);
        if (message.Length > 0)
        {
            StandardError.WriteLine($"mrctl: error: {message}");
        }

        return exitCode;
    }

    /// <summary>Exit code and sentence; the sentence is empty for what ends quietly.</summary>
    public static (int ExitCode, string Message) Describe(Exception error) => error switch
    {
        CommandError known => (known.ExitCode, known.Message),
        PermanentFault fault => (fault.OfMachine || DiskErrors.IsFull(fault) ? ExitCode.Environment : ExitCode.Usage, fault.Message),
        TransientFault fault => (ExitCode.Environment, fault.Message),
        CorruptDataFault fault => (ExitCode.Environment, fault.Message),
        IOException io when DiskErrors.IsFull(io) => (ExitCode.Environment, $"the disk is full: {io.Message}"),
        IOException or UnauthorizedAccessException => (ExitCode.Environment, error.Message),
        _ => (ExitCode.Bug, $"a bug in mrctl; please report it with this: {error}"),
    };
}

/// <summary>Tells a full disk and a closed pipe from other errors.</summary>
internal static class DiskErrors
{
    private const int NoSpace = 28, FileTooBig = 27, QuotaExceeded = 122, BrokenPipe = 32;

    /// <summary>Whether this error, or one beneath it, is a disk, quota or file-size limit that was reached.</summary>
    public static bool IsFull(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
        {
            if (error is IOException && error.HResult is NoSpace or FileTooBig or QuotaExceeded)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the reader of a pipe has gone.</summary>
    public static bool IsClosedPipe(IOException error) => error.HResult == BrokenPipe;
}
