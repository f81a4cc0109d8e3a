using System.Globalization;
using Katanemimena.Cli.Display;
using Katanemimena.Client;
using Katanemimena.Core;
using Katanemimena.Wire;

namespace Katanemimena.Cli.Remote;

/// <summary>Turns what a server said, or failed to say, into a sentence and an exit code.</summary>
internal static class ServiceErrors
{
    /// <summary>The error of a command; null if it is not of a server.</summary>
    public static CommandError? Of(Exception error, ServerChoice choice) => error switch
    {
        ServiceProblem problem => new CommandError(CodeOf(problem), Text(problem, choice), error),
        NotSignedIn => new CommandError(ExitCode.NotSignedIn, $"{Printable.Text(error.Message)}; {SignIn(choice)}", error),
        ServiceUnreachable => new CommandError(ExitCode.Unreachable, Printable.Text(error.Message), error),
        TransferFault or SettingsFault => CommandError.Environment(Printable.Text(error.Message), error),
        _ => null,
    };

    /// <summary>The command that signs in.</summary>
    public static string SignIn(ServerChoice choice) =>
        ServerChoice.Variable("MRCTL_TOKEN") is not null ? "the token comes from MRCTL_TOKEN: give another, or unset it and use mrctl login"
        : choice.Profile is { } profile ? $"sign in with: mrctl login --profile {ShellWord.Of(profile)}"
        : choice.Server is { } server ? $"sign in with: mrctl login {ShellWord.Of(server)}"
        : "sign in with: mrctl login";

    private static int CodeOf(ServiceProblem problem) => problem.Code switch
    {
        ProblemCodes.Unauthorized or ProblemCodes.InvalidCredentials or ProblemCodes.InvalidGrant => ExitCode.NotSignedIn,
        ProblemCodes.Forbidden => ExitCode.Forbidden,
        ProblemCodes.NotFound => ExitCode.NotFound,
        ProblemCodes.Exists or ProblemCodes.Conflict or ProblemCodes.WrongOffset or ProblemCodes.InUse or ProblemCodes.JobRunning or ProblemCodes.JobEnded
            or ProblemCodes.NoResult or ProblemCodes.LastAdmin or ProblemCodes.IdempotencyConflict => ExitCode.Conflict,
        ProblemCodes.TooManyAttempts or ProblemCodes.TooManyJobs or ProblemCodes.OverQuota => ExitCode.Limit,
        ProblemCodes.WrongChecksum => ExitCode.Environment,
        _ when problem.Status == 429 => ExitCode.Limit,
        _ when problem.Status >= 500 || problem.Code.StartsWith("http-", StringComparison.Ordinal) => ExitCode.Unreachable,
        _ => ExitCode.Usage,
    };

    private static string Text(ServiceProblem problem, ServerChoice choice)
    {
        string text = Printable.Text(problem.Detail).TrimEnd('.');
        text += problem.Code == ProblemCodes.Unauthorized ? $"; {SignIn(choice)}" : "";
        text += problem.RetryAfter is { } wait && wait > TimeSpan.Zero ? string.Create(CultureInfo.InvariantCulture, $"; try again in {Duration.Text(wait)}") : "";
        return problem.Status >= 500 && problem.Request is { } request ? $"{text} (request {Printable.Text(request)} in the server's log)" : text;
    }
}
