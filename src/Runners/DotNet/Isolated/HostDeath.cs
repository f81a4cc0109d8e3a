using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>What the runtime says on stderr as it ends a process that user code has brought down.</summary>
internal static class HostDeath
{
    private static readonly string[] s_beginnings = ["Stack overflow", "Unhandled exception", "Process terminated", "Out of memory", "Fatal error", "Failed to create CoreCLR"];

    /// <summary>Completes the card of such an end with exit code, the runtime's first line, and its stack trace.</summary>
    public static FailureCard Complete(FailureCard card, ProgramFailure failure)
    {
        int start = Start(card.StandardError);
        string trace = start < 0 ? "" : card.StandardError[start..];
        string first = trace.Split('\n', 2)[0].TrimEnd('\r', '.', ' ');
        return card with
        {
            ExitCode = failure.ExitCode,
            Error = first.Length > 0 ? $"{card.Error}: {first}" : card.Error,
            Traceback = trace.Length > 0 ? UserExceptions.Traceback(trace) : null,
        };
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
