namespace Katanemimena.Cli;

/// <summary>What the process ends with. Documented in docs/cli.md; scripts rely on it.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>The job ran and failed.</summary>
    public const int JobFailed = 1;

    /// <summary>Wrong usage or input that cannot be used; nothing ran.</summary>
    public const int Usage = 2;

    /// <summary>The machine is in the way: disk full, no interpreter, no right to write.</summary>
    public const int Environment = 3;

    /// <summary>The job was cancelled.</summary>
    public const int JobCancelled = 4;

    /// <summary>Nobody is signed in, the session has ended, or user and password do not go together.</summary>
    public const int NotSignedIn = 5;

    /// <summary>The server does not allow it to this user.</summary>
    public const int Forbidden = 6;

    /// <summary>The server has no such job, datafile or user, or not for this user.</summary>
    public const int NotFound = 7;

    /// <summary>It does not go as things are: it exists, is in use, has ended, has not ended.</summary>
    public const int Conflict = 8;

    /// <summary>A quota or a limit is reached.</summary>
    public const int Limit = 9;

    /// <summary>The server cannot be reached, or cannot serve.</summary>
    public const int Unreachable = 10;

    /// <summary>A bug in mrctl (EX_SOFTWARE of sysexits.h).</summary>
    public const int Bug = 70;

    /// <summary>Ended by SIGHUP: the terminal went away.</summary>
    public const int HungUp = 129;

    /// <summary>Ended by SIGINT (Ctrl-C).</summary>
    public const int Interrupted = 130;

    /// <summary>The reader of standard output went away, as for a process that dies of SIGPIPE.</summary>
    public const int ClosedPipe = 141;

    /// <summary>Ended by SIGTERM.</summary>
    public const int Terminated = 143;
}

/// <summary>Ends the command with a message on standard error and an exit code.</summary>
/// <param name="exitCode">One of <see cref="ExitCode"/>.</param>
/// <param name="message">What is wrong, where, and what to do; no "error:" before it.</param>
/// <param name="cause">The error beneath, where there is one.</param>
internal sealed class CommandError(int exitCode, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>One of <see cref="Cli.ExitCode"/>.</summary>
    public int ExitCode { get; } = exitCode;

    /// <summary>Wrong usage or unusable input.</summary>
    public static CommandError Usage(string message) => new(Cli.ExitCode.Usage, message);

    /// <summary>The machine is in the way.</summary>
    public static CommandError Environment(string message, Exception? cause = null) => new(Cli.ExitCode.Environment, message, cause);
}
