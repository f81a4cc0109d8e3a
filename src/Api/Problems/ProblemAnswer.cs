using System.Globalization;
using System.Text.Json;
using Katanemimena.Core;
using Katanemimena.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace Katanemimena.Api;

/// <summary>Turns what a handler threw into an answer.</summary>
internal static partial class ProblemAnswer
{
    private static readonly TimeSpan s_retryOfTransient = TimeSpan.FromSeconds(2);

    /// <summary>The problem that an exception stands for. Whatever is not meant for the caller becomes <see cref="ProblemCodes.Internal"/> and is logged.</summary>
    public static ApiProblem Of(Exception error, string function, string request, ILogger log)
    {
        switch (error)
        {
            case ApiProblem problem:
                return problem;
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                return new ApiProblem(ProblemCodes.TooLarge, "the body is longer than is allowed here");
            case BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout }:
                return new ApiProblem(ProblemCodes.RequestTimeout, "the body came too slowly, or stopped; send the request again");
            case BadHttpRequestException bad:
                return new ApiProblem(ProblemCodes.InvalidRequest, bad.Message);
            case TransientFault fault:
                Unavailable(log, fault, function, request);
                return new ApiProblem(ProblemCodes.Unavailable, "a part of the service cannot be reached; try again") { RetryAfter = s_retryOfTransient };
            default:
                Failed(log, error, function, request);
                return new ApiProblem(ProblemCodes.Internal, $"something went wrong here; the server's log has it under request {request}");
        }
    }

    /// <summary>Answers it; if an answer has begun, cuts it off, so that nobody takes it for whole.</summary>
    public static async Task WriteAsync(HttpContext context, ApiProblem problem)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        HttpResponse response = context.Response;
        StringValues allow = response.Headers.Allow;
        response.Clear();
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.Allow = allow;
        response.StatusCode = ProblemKinds.All[problem.Code].Status;
        response.ContentType = ProblemDocument.MediaType;
        if (problem.RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        if (problem.Code == ProblemCodes.Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer error=\"invalid_token\"";
        }

        if (problem.Length is { } length)
        {
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{length}");
        }

        byte[] body = JsonSerializer.SerializeToUtf8Bytes(ProblemKinds.Document(problem, context.TraceIdentifier), WireJson.Default.ProblemDocument);
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body, CancellationToken.None);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Function}, request {Request}: a part of the service cannot be reached")]
    private static partial void Unavailable(ILogger log, Exception error, string function, string request);

    [LoggerMessage(LogLevel.Error, "{Function}, request {Request} failed")]
    private static partial void Failed(ILogger log, Exception error, string function, string request);
}
