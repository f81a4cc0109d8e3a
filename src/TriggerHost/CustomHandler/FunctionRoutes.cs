using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Katanemimena.TriggerHost;

/// <summary>The paths by which an app's functions are called.</summary>
public static class FunctionRoutes
{
    /// <summary>Maps HTTP functions below the route prefix, and <c>GET /</c>, by which the runtime asks whether the app is up.</summary>
    public static void MapHttpFunctions(this IEndpointRouteBuilder app, FunctionCatalogue catalogue, HostSettings settings)
    {
        app.MapGet("/", static () => Results.Text("ready\n"));
        foreach (HttpFunction function in catalogue.Functions.OfType<HttpFunction>())
        {
            string path = settings.RoutePrefix.Length == 0 ? $"/{function.On.Route}" : $"/{settings.RoutePrefix}/{function.On.Route}";
            app.MapMethods(path, function.On.Methods, function.Handle).WithName(function.Name);
        }
    }

    /// <summary>Maps <c>POST /{function}</c>, by which the runtime invokes the functions of queues and timers. Only for an app that nobody but the runtime can call.</summary>
    /// <remarks>The answer is <c>{}</c> with 200, or 500: anything else that says success leaves the runtime waiting for ever. An invocation that lasts
    /// too long fails by itself, since the runtime would kill the process with all else that is in flight.</remarks>
    public static void MapInvocations(this IEndpointRouteBuilder app, FunctionCatalogue catalogue, HostSettings settings, TimeProvider time, ILogger log, CancellationToken stop)
    {
        foreach (FunctionDefinition function in catalogue.Functions.Where(function => function is not HttpFunction))
        {
            app.MapPost($"/{function.Name}", context => InvokeAsync(context, function, settings, time, log, stop));
        }
    }

    private static async Task InvokeAsync(HttpContext context, FunctionDefinition function, HostSettings settings, TimeProvider time, ILogger log, CancellationToken stop)
    {
        try
        {
            ReadOnlyMemory<byte> body = await BodyAsync(context, stop);
            using var deadline = new CancellationTokenSource(settings.Deadline ?? Timeout.InfiniteTimeSpan, time);
            using var ends = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, stop);
            await (function switch
            {
                QueueFunction queue => queue.Handle(Invocation.Message(body), ends.Token),
                TimerFunction timer => timer.Handle(ends.Token),
                _ => throw new InvalidOperationException($"{function.Name} has no trigger to be invoked by"),
            });
        }
        catch (Exception error)
        {
            log.LogError(error, "{Function} failed", function.Name);
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync("{}", CancellationToken.None);
    }

    /// <remarks>The body comes in chunks, without a length.</remarks>
    private static async ValueTask<ReadOnlyMemory<byte>> BodyAsync(HttpContext context, CancellationToken cancellation)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = Invocation.BytesMax;
        }

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, cancellation);
        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }
}
