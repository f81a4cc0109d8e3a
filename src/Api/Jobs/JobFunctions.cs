using Katanemimena.Access;
using Katanemimena.Service;
using Katanemimena.TriggerHost;
using Microsoft.Extensions.Logging;

namespace Katanemimena.Api;

/// <summary>The functions of jobs that queues start.</summary>
public static class JobFunctions
{
    /// <param name="parts">The jobs.</param>
    /// <param name="access">Verifies the tokens of messages.</param>
    /// <param name="connection">Name of the setting that says how the queues are reached.</param>
    /// <param name="log">Told of messages that came to no job, without anything secret.</param>
    public static IReadOnlyList<QueueFunction> All(JobEndpointParts parts, Func<AccessParts> access, string connection, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(parts);
        var submit = new SubmitQueue(
            parts.Jobs,
            (token, cancellation) => VerifyAsync(parts, access(), token, cancellation),
            refused => ProblemKinds.Document(JobCall.Problem(refused), request: null),
            reason => log.LogWarning("{Reason}", reason));
        var stage = new StagePoison(parts.Jobs, reason => log.LogWarning("{Reason}", reason));
        return
        [
            new QueueFunction("SubmitQueue", new FunctionTrigger.Queue(SubmitQueue.Name, connection), submit.HandleAsync),
            new QueueFunction("SubmitPoison", new FunctionTrigger.Queue(SubmitQueue.PoisonName, connection), submit.HandlePoisonAsync),
            new QueueFunction("StagePoison", new FunctionTrigger.Queue(StagePoison.Name, connection), stage.HandleAsync),
        ];
    }

    /// <summary>Tries the token as either kind; each refuses the other's.</summary>
    private static async ValueTask<Submitter?> VerifyAsync(JobEndpointParts parts, AccessParts access, string token, CancellationToken cancellation)
    {
        string? service = (await access.ServiceTokens.VerifyAsync(token, cancellation)).Identity?.Name;
        AccessIdentity? user = service is null ? (await access.AccessTokens.VerifyAsync(token, cancellation)).Identity : null;
        return (service ?? user?.Name) is { } name && await parts.StandingOf(name, cancellation) is { } standing && standing.IsOf(user?.Version) ? new Submitter(name, standing) : null;
    }
}
