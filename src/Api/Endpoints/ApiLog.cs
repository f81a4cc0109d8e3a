using Katanemimena.Access;
using Microsoft.Extensions.Logging;

namespace Katanemimena.Api;

/// <summary>What the log is told of calls. Nothing that callers sent gets there: a password may stand where a name is wanted.</summary>
internal static partial class ApiLog
{
    [LoggerMessage(LogLevel.Warning, "{Where}: a fault was met and is got over")]
    internal static partial void Fault(ILogger log, Exception error, string where);

    [LoggerMessage(LogLevel.Information, "Login, request {Request}: {User} signed in")]
    internal static partial void SignedIn(ILogger log, string request, string user);

    [LoggerMessage(LogLevel.Information, "Login, request {Request}: {Outcome}")]
    internal static partial void SignInFailed(ILogger log, string request, SignInOutcome outcome);

    [LoggerMessage(LogLevel.Information, "Refresh, request {Request}: refused, {Refusal}")]
    internal static partial void RefreshRefused(ILogger log, string request, RefreshRefusal? refusal);

    [LoggerMessage(LogLevel.Information, "Password, request {Request}: {User} has a new one")]
    internal static partial void PasswordChanged(ILogger log, string request, string user);

    [LoggerMessage(LogLevel.Information, "{Function}, request {Request}: access token refused, {Refusal}")]
    internal static partial void TokenRefused(ILogger log, string function, string request, TokenRefusal? refusal);

    [LoggerMessage(LogLevel.Information, "{Function}, request {Request}: {Method} by admin {Admin} was answered {Status}")]
    internal static partial void AdminCall(ILogger log, string function, string request, string method, string admin, int status);

    [LoggerMessage(LogLevel.Information, "{Function}, request {Request}: {Method} by admin {Admin} was answered {Status}: {What}, of {Whose}")]
    internal static partial void AdminChange(ILogger log, string function, string request, string method, string admin, int status, string what, string whose);
}
