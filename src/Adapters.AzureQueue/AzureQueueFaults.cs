using System.Net.Sockets;
using Azure;
using Azure.Identity;
using Azure.Storage.Queues.Models;
using Katanemimena.Core;
using Microsoft.Identity.Client;

namespace Katanemimena.Adapters.AzureQueue;

/// <summary>Turns an error of the vendor's client into a fault by what can be done. The one place that knows its error codes.</summary>
/// <remarks>Codes: Azure Storage REST, Common REST API Error Codes and Queue Service Error Codes. No text holds a key, a signature or a token.</remarks>
internal static class AzureQueueFaults
{
    /// <summary>The fault for an error, or null if it is none of the vendor's, or the caller's own cancellation.</summary>
    /// <remarks>An answer that is not the XML it claims to be hides its status, so whatever stands between may be in passing trouble.</remarks>
    internal static Exception? Of(Exception error, string host, CancellationToken cancellation) => error switch
    {
        OperationCanceledException when cancellation.IsCancellationRequested => null,
        OperationCanceledException => new TransientFault($"the queue service at {host} did not answer in time", error),
        RequestFailedException { Status: 0 } => Unreached(error, host),
        RequestFailedException answer => Answered(answer, host),
        AuthenticationFailedException => Unauthenticated(error, host),
        HttpRequestException or IOException => Unreached(error, host),
        System.Xml.XmlException => new TransientFault($"{host} answers, but not as a queue service; something in between may be in trouble, or ConnectionString or ServiceUri is wrong", error),
        _ => null,
    };

    /// <summary>Whether the queue is not there (yet).</summary>
    internal static bool IsQueueMissing(RequestFailedException error) => error.ErrorCode == QueueErrorCode.QueueNotFound;

    /// <summary>Whether a receipt counts no more: the message is gone, or another has it. A receipt that was never one is an invalid query parameter.</summary>
    internal static bool IsLeaseLost(RequestFailedException error) =>
        error.ErrorCode is { } code
        && (code == QueueErrorCode.MessageNotFound || code == QueueErrorCode.PopReceiptMismatch || code == QueueErrorCode.QueueNotFound || code == QueueErrorCode.InvalidQueryParameterValue);

    private static Exception Answered(RequestFailedException answer, string host) => answer switch
    {
        { Status: >= 500 or 408 or 429 } => new TransientFault($"the queue service at {host} is busy or in trouble ({Code(answer)})", answer),
        { Status: 409 } or { ErrorCode: "QueueNotFound" } => new TransientFault($"the queue is being deleted or made at {host} ({Code(answer)})", answer),
        { Status: 401 or 403 } => Permanent($"the queue service at {host} does not let this process in ({Code(answer)}): {Remedy(answer)}", null),
        { Status: 404 } => Permanent($"there is no such storage account at {host} ({Code(answer)}); check ConnectionString, AccountName or ServiceUri", answer),
        _ => Permanent($"the queue service at {host} refuses a request ({Code(answer)})", answer),
    };

    /// <remarks>No cause goes along with it: the service tells there what was signed and how.</remarks>
    private static string Remedy(RequestFailedException answer) => answer.ErrorCode switch
    {
        "AuthenticationFailed" => "the account key, signature or token is wrong or has ended, or this machine's clock is; check ConnectionString or the identity",
        "AuthorizationPermissionMismatch" => "the identity or signature lacks a right; grant the role Storage Queue Data Contributor",
        "AuthorizationFailure" => "the account's firewall, or a setting that forbids keys, is in the way",
        "AccountIsDisabled" => "the account is disabled",
        _ => "check the credentials, the roles of the identity and the account's firewall",
    };

    /// <remarks>A name that its servers know not is a wrong name; servers of names that do not answer are another thing, and pass.</remarks>
    private static Exception Unreached(Exception error, string host) =>
        Causes(error).OfType<SocketException>().Any(cause => cause.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData)
            ? Permanent($"there is no host {host}, so no such storage account; check ConnectionString, AccountName or ServiceUri", error)
            : new TransientFault($"the queue service at {host} cannot be reached: {Causes(error).Last().Message}", error);

    /// <remarks>Whoever gives tokens fails like any other service. A managed identity's endpoint answers 404 or 410 while it starts.</remarks>
    private static Exception Unauthenticated(Exception error, string host)
    {
        string reason = error.Message.Split('\n', '\r')[0].TrimEnd('.', ' ');
        if (Causes(error).Any(IsPassing))
        {
            return new TransientFault($"no token for the queue service at {host} could be had for now: {reason}", error);
        }

        return error is CredentialUnavailableException
            ? Permanent($"there is no identity here to enter the queue service at {host}: {reason}; check Identity and ClientId, and that the pod or machine has one", error)
            : Permanent($"this identity gets no token for the queue service at {host}: {reason}; check ClientId and what the identity may do", error);
    }

    private static bool IsPassing(Exception cause) => cause
        is OperationCanceledException
        or HttpRequestException
        or SocketException
        or RequestFailedException { Status: 0 or 408 or 429 or >= 500 }
        or MsalServiceException { StatusCode: 404 or 408 or 410 or 429 or >= 500 };

    private static PermanentFault Permanent(string message, Exception? cause) => new(message, cause) { OfMachine = true };

    private static string Code(RequestFailedException answer) => answer.ErrorCode is { Length: > 0 } code ? $"{answer.Status} {code}" : $"{answer.Status}";

    private static IEnumerable<Exception> Causes(Exception error)
    {
        for (Exception? cause = error; cause is not null; cause = cause.InnerException)
        {
            yield return cause;
        }
    }
}
