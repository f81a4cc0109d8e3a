using System.Globalization;

namespace Katanemimena.Runners;

/// <summary>A user's process failed; the runner makes a card of it, or looks for the bad record.</summary>
/// <param name="what">What it did, to follow the program's name in a sentence.</param>
/// <param name="exitCode">Its exit code, 128 + n for signal n; null if we ended it.</param>
internal sealed class ProgramFailure(string what, int? exitCode = null) : Exception(what)
{
    private static readonly string?[] Signals =
    [
        null, "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2",
        "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU",
        "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
    ];

    /// <summary>Its exit code; null if we ended it.</summary>
    public int? ExitCode { get; } = exitCode;

    /// <summary>The failure that an exit code other than 0 means.</summary>
    public static ProgramFailure Ended(int exitCode)
    {
        string? signal = exitCode > 128 && exitCode - 128 < Signals.Length ? Signals[exitCode - 128] : null;
        string hint = exitCode switch
        {
            126 => " (it cannot be executed)",
            127 => " (the program, or the interpreter its first line names, was not found)",
            137 => " (often the kernel's answer to a lack of memory)",
            _ => "",
        };
        return new ProgramFailure(
            signal is null
                ? string.Create(CultureInfo.InvariantCulture, $"ended with exit code {exitCode}{hint}")
                : string.Create(CultureInfo.InvariantCulture, $"was ended by signal {exitCode - 128}, {signal}{hint}"),
            exitCode);
    }

    /// <summary>It neither took input nor wrote output for too long.</summary>
    public static ProgramFailure TimedOut(TimeSpan timeout) =>
        new(string.Create(CultureInfo.InvariantCulture, $"neither took input nor wrote output for {timeout.TotalSeconds:0.###} s and was ended; raise the task timeout, or report progress with a line reporter:status:… on stderr"));

    /// <summary>A line does not end.</summary>
    public static ProgramFailure EndlessLine(int bytesMax) =>
        new(string.Create(CultureInfo.InvariantCulture, $"wrote a line of more than {bytesMax} bytes, the limit of a record, and was ended"));

    /// <summary>A script ended well without a look at its input, as one does that only defines functions.</summary>
    public static ProgramFailure DidNothing(string role) =>
        new($"ended with exit code 0, but neither read its input nor wrote anything. As a streaming script it has to read its lines from sys.stdin; "
            + $"if it is to be called, name its function as a {role} of a Python contract has it, and leave --contract streaming out", 0);
}
