using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>What the runtime says on stderr as it ends a process that user code has brought down.</summary>
internal static class HostDeath
{
    private static readonly string[] s_beginnings = ["Stack overflow", "Unhandled exception", "Process terminated", "Out of memory", "Fatal error", "Failed to create CoreCLR", Native];

    // The C++ library's, where the runtime itself could not allocate.
    private const string Native = "terminate called after throwing an instance of ";

    /// <summary>Completes the card of such an end with exit code, the runtime's first line, and its stack trace.</summary>
    /// <param name="card">Has everything else.</param>
    /// <param name="failure">The end.</param>
    /// <param name="options">Limits of the process.</param>
    public static FailureCard Complete(FailureCard card, ProgramFailure failure, UserCodeHostOptions options)
    {
        int start = Start(card.StandardError);
        string trace = start < 0 ? "" : card.StandardError[start..];
        string first = FirstLine(trace);
        return AddLimit(options, card with
        {
            ExitCode = failure.ExitCode,
            Error = first.Length > 0 ? $"{card.Error}: {first}" : card.Error,
            Traceback = trace.Length > 0 ? UserExceptions.Traceback(trace) : null,
        });
    }

    /// <summary>Says how much memory there was on the card of code that had not enough.</summary>
    public static FailureCard AddLimit(UserCodeHostOptions options, FailureCard card) =>
        options.ProcessMemoryBytesMax > 0 && (card.Error.EndsWith(": Out of memory", StringComparison.Ordinal) || card.Error.Contains(" threw OutOfMemoryException", StringComparison.Ordinal))
            ? card with { Error = string.Create(CultureInfo.InvariantCulture, $"{card.Error.TrimEnd('.')}; its process may use {options.ProcessMemoryBytesMax >> 20} MiB") }
            : card;

    // What code gives to FailFast, and what the fatal error is, stands in a line of its own.
    private static string FirstLine(string trace)
    {
        string[] lines = trace.Split('\n', 3);
        string first = lines[0].TrimEnd('\r', '.', ' ');
        if (first == $"{Native}'std::bad_alloc'")
        {
            return "Out of memory";
        }

        return first is "Process terminated" or "Fatal error" && lines.Length > 1 && lines[1].Length > 0 && lines[1][0] != ' ' ? $"{first}: {lines[1].TrimEnd()}" : first;
    }

    // The first line that begins so, for user code may have written others before.
    private static int Start(string text)
    {
        int best = -1;
        foreach (string beginning in s_beginnings)
        {
            int at = text.StartsWith(beginning, StringComparison.Ordinal) ? 0 : text.IndexOf('\n' + beginning, StringComparison.Ordinal) is var found and >= 0 ? found + 1 : -1;
            best = at >= 0 && (best < 0 || at < best) ? at : best;
        }

        return best;
    }
}
