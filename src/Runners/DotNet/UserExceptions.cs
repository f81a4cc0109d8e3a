using System.Globalization;
using System.Reflection;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Turns exceptions of .NET user code into failure cards.</summary>
internal static class UserExceptions
{
    /// <summary>Whether what came out of the user's code is the user's failure: neither a failure that is on a card already nor the end of a cancelled attempt.</summary>
    /// <remarks>User code may throw <see cref="OperationCanceledException"/> for reasons of its own; only the attempt's own cancellation is none of its failures.</remarks>
    public static bool IsOfUser(Exception exception, AttemptContext attempt) =>
        exception is not UserCodeFault && !(exception is OperationCanceledException && attempt.Cancellation.IsCancellationRequested);

    /// <summary>Completes a card with what was thrown; the frames of the runner itself are left out.</summary>
    public static UserCodeFault Fault(FailureCard card, Exception exception)
    {
        Exception thrown = Unwrap(exception);
        return new UserCodeFault(
            card with
            {
                Error = $"the {card.Role} '{card.Code}' threw {thrown.GetType().Name}{Where(card)}: {thrown.Message}",
                Traceback = Traceback(thrown),
            },
            thrown);
    }

    /// <summary>The place of the record on a card, to follow what was done; empty if there is none.</summary>
    public static string Where(FailureCard card) => card.File is null ? "" : string.Create(CultureInfo.InvariantCulture, $" on the record at byte {card.Offset} of {card.File}");

    /// <summary>The exception with the user's frames.</summary>
    public static string Traceback(Exception exception) => Traceback(exception.ToString());

    /// <summary>A stack trace with the user's frames.</summary>
    public static string Traceback(string trace)
    {
        string[] lines = trace.Split('\n');
        string own = $"   at {typeof(UserExceptions).Namespace}.";
        return string.Join('\n', lines.Where(line => !line.StartsWith(own, StringComparison.Ordinal)));
    }

    /// <summary>The failure of a program that made no progress.</summary>
    public static UserCodeFault TimedOut(FailureCard card, TimeSpan timeout, DotNetIsolation isolation) => new(card with
    {
        Error = string.Create(CultureInfo.InvariantCulture,
            $"the {card.Role} '{card.Code}' neither took a record nor emitted one for {timeout.TotalSeconds:0.###} s{Where(card)}; {(isolation == DotNetIsolation.OwnProcess ? "its process was ended" : ".NET code runs in the worker's process and cannot be ended alone, so its thread is left behind until the process ends")}"),
    });

    private static Exception Unwrap(Exception exception) =>
        exception is TargetInvocationException or TypeInitializationException && exception.InnerException is { } inner ? Unwrap(inner) : exception;
}
