using Katanemimena.Access;
using Katanemimena.TriggerHost;
using Katanemimena.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Katanemimena.Api;

/// <summary>Makes functions of endpoints: who calls is found out, the operation is called, and whatever it throws becomes a problem.</summary>
public sealed class ApiFunctions(AccessTokens tokens, ILogger log)
{
    private const string Scheme = "Bearer ";

    /// <summary>One function an endpoint.</summary>
    public IEnumerable<HttpFunction> Of(IEnumerable<Endpoint> endpoints) =>
        endpoints.Select(endpoint => new HttpFunction(endpoint.Name, endpoint.Trigger, context => HandleAsync(context, endpoint)));

    private async Task HandleAsync(HttpContext context, Endpoint endpoint)
    {
        try
        {
            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers.XContentTypeOptions = "nosniff";
            Operation operation = endpoint.Find(context.Request.Method)
                ?? throw new ApiProblem(ProblemCodes.MethodNotAllowed, $"this path takes {string.Join(", ", endpoint.Operations.Select(operation => operation.Method))}");
            await operation.Handle(new ApiCall(context, await IdentityAsync(context, operation.Caller)));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody waits for an answer.
        }
        catch (Exception error)
        {
            await ProblemAnswer.WriteAsync(context, ProblemAnswer.Of(error, endpoint.Name, context.TraceIdentifier, log));
        }
    }

    private async ValueTask<AccessIdentity?> IdentityAsync(HttpContext context, Caller caller)
    {
        if (caller == Caller.Anybody)
        {
            return null;
        }

        string header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            throw new ApiProblem(ProblemCodes.Unauthorized, "send Authorization: Bearer with an access token; POST /api/login gives one");
        }

        TokenVerdict<AccessIdentity> verdict = await tokens.VerifyAsync(header[Scheme.Length..].Trim(), context.RequestAborted);
        if (verdict.Identity is not { } identity)
        {
            throw new ApiProblem(ProblemCodes.Unauthorized, "the access token is not good, or no longer; refresh it or sign in again");
        }

        return caller != Caller.Admin || identity.Role == UserRole.Admin
            ? identity
            : throw new ApiProblem(ProblemCodes.Forbidden, "only an admin may do this");
    }
}
