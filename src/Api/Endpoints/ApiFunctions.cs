using System.Security.Cryptography;
using System.Text;
using Katanemimena.Access;
using Katanemimena.TriggerHost;
using Katanemimena.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Katanemimena.Api;

/// <summary>Makes functions of endpoints: who calls is found out, the operation is called, and whatever it throws becomes a problem.</summary>
/// <param name="tokens">Gives what verifies access tokens; asked when there is one to verify.</param>
/// <param name="log">Told of what is not the caller's fault.</param>
/// <param name="metricsToken">See <see cref="ApiParts.MetricsToken"/>.</param>
public sealed class ApiFunctions(Func<AccessTokens> tokens, ILogger log, string? metricsToken = null)
{
    private const string Scheme = "Bearer ";

    private readonly byte[]? _scraper = string.IsNullOrEmpty(metricsToken) ? null : Digest(metricsToken);

    /// <summary>For an instance that knows accounts, without a token for metrics.</summary>
    public ApiFunctions(AccessTokens tokens, ILogger log)
        : this(() => tokens, log)
    {
    }

    /// <summary>One function an endpoint.</summary>
    public IEnumerable<HttpFunction> Of(IEnumerable<Endpoint> endpoints) =>
        endpoints.Select(endpoint => new HttpFunction(endpoint.Name, endpoint.Trigger, context => HandleAsync(context, endpoint)));

    private async Task HandleAsync(HttpContext context, Endpoint endpoint)
    {
        ApiCall? call = null;
        try
        {
            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers.XContentTypeOptions = "nosniff";
            Operation operation = endpoint.Find(context.Request.Method) ?? throw NotAllowed(context, endpoint);
            call = new ApiCall(context, await IdentityAsync(context, endpoint.Name, operation.Caller));
            await operation.Handle(call);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody waits for an answer; the log says so.
            if (!context.Response.HasStarted)
            {
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            }
        }
        catch (Exception error)
        {
            await ProblemAnswer.WriteAsync(context, ProblemAnswer.Of(error, endpoint.Name, context.TraceIdentifier, log));
        }
        finally
        {
            if (call is { IsAdmin: true })
            {
                LogAdmin(call, endpoint);
            }
        }
    }

    /// <summary>Every change that only admins can make is logged, also one that was refused; of those that users make too, what was changed of somebody else's, or asked to be.</summary>
    private void LogAdmin(ApiCall call, Endpoint endpoint)
    {
        (string admin, string method, int status) = (call.Identity.Name, call.Http.Request.Method, call.Http.Response.StatusCode);
        bool onlyAdmins = endpoint.Find(method) is { Caller: Caller.Admin, Method: not "GET" };
        if (call.Changed is { } changed && (onlyAdmins || changed.Whose != admin))
        {
            ApiLog.AdminChange(log, endpoint.Name, call.Http.TraceIdentifier, method, admin, status, changed.What, changed.Whose);
        }
        else if (onlyAdmins)
        {
            ApiLog.AdminCall(log, endpoint.Name, call.Http.TraceIdentifier, method, admin, status);
        }
    }

    private static ApiProblem NotAllowed(HttpContext context, Endpoint endpoint)
    {
        string methods = string.Join(", ", endpoint.Methods);
        context.Response.Headers.Allow = methods;
        return new ApiProblem(ProblemCodes.MethodNotAllowed, $"this path takes {methods}");
    }

    private async ValueTask<AccessIdentity?> IdentityAsync(HttpContext context, string function, Caller caller)
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

        string token = header[Scheme.Length..].Trim();
        if (caller == Caller.AdminOrScraper && IsScraper(token))
        {
            return null;
        }

        TokenVerdict<AccessIdentity> verdict = await tokens().VerifyAsync(token, context.RequestAborted);
        if (verdict.Identity is not { } identity)
        {
            ApiLog.TokenRefused(log, function, context.TraceIdentifier, verdict.Refusal);
            throw new ApiProblem(ProblemCodes.Unauthorized, "the access token is not good, or no longer; refresh it or sign in again");
        }

        return caller == Caller.User || identity.Role == UserRole.Admin
            ? identity
            : throw new ApiProblem(ProblemCodes.Forbidden, "only an admin may do this");
    }

    /// <summary>Compares digests, so that neither content nor length shows in the time.</summary>
    private bool IsScraper(string token) => _scraper is { } wanted && CryptographicOperations.FixedTimeEquals(wanted, Digest(token));

    private static byte[] Digest(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
