using System.Globalization;
using System.Net;
using System.Text.Json;
using Katanemimena.Wire;

namespace Katanemimena.Client;

/// <summary>Makes a <see cref="ServiceProblem"/> of an answer that is none of the good ones.</summary>
internal static class Problems
{
    private const int BytesMax = 64 << 10;

    /// <summary>Reads the answer's problem. What is none of this API's documents becomes <c>http-STATUS</c>.</summary>
    public static async Task<ServiceProblem> ReadAsync(HttpResponseMessage answer, TimeProvider time, CancellationToken cancellation)
    {
        int status = (int)answer.StatusCode;
        TimeSpan? wait = RetryAfter(answer, time);
        if (await DocumentAsync(answer, cancellation) is { } document)
        {
            return new ServiceProblem(status, document.Code, document.Detail ?? document.Title)
            {
                Field = document.Field, Request = document.Request, Received = document.Received, RetryAfter = wait,
            };
        }

        string detail = status is >= 300 and < 400
            ? $"the server sends on to {answer.Headers.Location?.OriginalString ?? "nowhere"}, which is not followed, so that no token goes astray; give the right address"
            : $"the answer was {status} {answer.ReasonPhrase}, in no form of this API; is the address right, and what is between here and the server?";
        return new ServiceProblem(status, string.Create(CultureInfo.InvariantCulture, $"http-{status}"), detail) { RetryAfter = wait };
    }

    /// <summary>When the answer says to come back; null if it does not.</summary>
    public static TimeSpan? RetryAfter(HttpResponseMessage answer, TimeProvider time) =>
        answer.Headers.RetryAfter is not { } header ? null
        : header.Delta ?? (header.Date is { } date && date > time.GetUtcNow() ? date - time.GetUtcNow() : TimeSpan.Zero);

    private static async Task<ProblemDocument?> DocumentAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        if (answer.Content.Headers.ContentType?.MediaType != ProblemDocument.MediaType)
        {
            return null;
        }

        try
        {
            await answer.Content.LoadIntoBufferAsync(BytesMax, cancellation);
            await using Stream body = await answer.Content.ReadAsStreamAsync(cancellation);
            return await JsonSerializer.DeserializeAsync(body, WireJson.Default.ProblemDocument, cancellation);
        }
        catch (Exception error) when (error is JsonException or HttpRequestException && answer.StatusCode != HttpStatusCode.OK)
        {
            return null;
        }
    }
}
