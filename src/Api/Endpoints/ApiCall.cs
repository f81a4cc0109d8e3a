using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Katanemimena.Access;
using Katanemimena.Core;
using Katanemimena.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Katanemimena.Api;

/// <summary>One call of an operation: who calls, what was sent, how to answer.</summary>
public sealed class ApiCall(HttpContext context, AccessIdentity? identity)
{
    /// <summary>Most bytes of a JSON body: 256 KiB.</summary>
    public const int JsonBytesMax = 256 << 10;

    /// <summary>The request and its answer.</summary>
    public HttpContext Http { get; } = context;

    /// <summary>Who calls.</summary>
    /// <exception cref="InvalidOperationException">The operation is for anybody.</exception>
    public AccessIdentity Identity => identity ?? throw new InvalidOperationException("an operation for anybody has no identity");

    /// <summary>Whether an admin calls.</summary>
    public bool IsAdmin => identity?.Role == UserRole.Admin;

    /// <summary>What the call has changed, for the log; null as long as it has changed nothing that the log is told of. Set before a change as what was asked for, so that
    /// neither an error nor a caller who is gone hides that something may have changed; and after it as what was done.</summary>
    public ChangedThing? Changed { get; set; }

    /// <summary>Ends when the caller has gone.</summary>
    public CancellationToken Cancellation => Http.RequestAborted;

    /// <summary>A part of the path; empty where it may be left out and was. A slash may be sent as <c>%2F</c>, which servers leave as it is.</summary>
    public string Path(string name) => (Http.Request.RouteValues[name] as string ?? "").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);

    /// <summary>A query parameter, or null if it is not there. Given more than once, it is an error.</summary>
    /// <exception cref="ApiProblem">It is given twice.</exception>
    public string? Query(string name) => Http.Request.Query[name] is var values && values.Count > 1
        ? throw Invalid(name, "is given more than once")
        : values.Count == 0 ? null : values[0];

    /// <summary>A query parameter that is a whole number, or the default if it is not there.</summary>
    /// <exception cref="ApiProblem">It is none, or out of range.</exception>
    public long Query(string name, long least, long most, long otherwise) =>
        Query(name) is not { } text ? otherwise
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number >= least && number <= most ? number
        : throw Invalid(name, string.Create(CultureInfo.InvariantCulture, $"is '{SentText.Quoted(text)}'; a whole number from {least} to {most} is wanted"));

    /// <summary>A query parameter that is <c>true</c> or <c>false</c>; false if it is not there, true if it is there without a value.</summary>
    /// <exception cref="ApiProblem">It is something else.</exception>
    public bool Flag(string name) => Query(name) switch
    {
        null or "false" => false,
        "" or "true" => true,
        { } text => throw Invalid(name, $"is '{SentText.Quoted(text)}'; true or false is wanted"),
    };

    /// <summary>The user whom the parameter <c>owner</c> names, or null if it is not there.</summary>
    /// <exception cref="ApiProblem">It is another, and no admin calls; or it is no name.</exception>
    public string? Owner() => Query("owner") is not { } owner ? null
        : owner != Identity.Name && !IsAdmin ? throw new ApiProblem(ProblemCodes.Forbidden, "only an admin may name another owner") { Field = "owner" }
        : VolumePath.IsName(owner) ? owner
        : throw Invalid("owner", "is no name of a user");

    /// <summary>A header, or null.</summary>
    public string? Header(string name) => Http.Request.Headers[name] is { Count: > 0 } values ? values.ToString() : null;

    /// <summary>The length of the body, which must be given and at most so many bytes; the server reads no more of it then.</summary>
    /// <exception cref="ApiProblem">It is missing or larger.</exception>
    public long BodyLength(long most)
    {
        long length = Http.Request.ContentLength
            ?? throw new ApiProblem(ProblemCodes.LengthRequired, "send the body with a Content-Length; one in chunks is not taken") { Field = "Content-Length" };
        if (length > most)
        {
            throw new ApiProblem(ProblemCodes.TooLarge, string.Create(CultureInfo.InvariantCulture, $"the body has {length} bytes; at most {most} are taken here")) { Field = "Content-Length" };
        }

        if (Http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = most;
        }

        return length;
    }

    /// <summary>Reads the body as a document.</summary>
    /// <exception cref="ApiProblem">It is too long, no JSON, lacks a field, or has one that is not known.</exception>
    public async ValueTask<T> ReadAsync<T>(JsonTypeInfo<T> type)
        where T : class
    {
        if (!Http.Request.HasJsonContentType())
        {
            throw new ApiProblem(ProblemCodes.UnsupportedMediaType, "send application/json") { Field = "Content-Type" };
        }

        BodyLength(JsonBytesMax);
        try
        {
            return await JsonSerializer.DeserializeAsync(Http.Request.Body, type, Cancellation)
                ?? throw new ApiProblem(ProblemCodes.InvalidRequest, "the body is null; a JSON object is wanted");
        }
        catch (JsonException error)
        {
            throw Invalid(error.Path is { Length: > 2 } path ? path[2..] : "body", JsonTrouble(error));
        }
    }

    /// <summary>Answers with a document.</summary>
    public async Task AnswerAsync<T>(int status, T document, JsonTypeInfo<T> type)
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(document, type);
        await AnswerAsync(status, body, "application/json; charset=utf-8");
    }

    /// <summary>Answers with a whole body.</summary>
    public async Task AnswerAsync(int status, ReadOnlyMemory<byte> body, string mediaType)
    {
        Http.Response.StatusCode = status;
        Http.Response.ContentType = mediaType;
        Http.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(Http.Request.Method))
        {
            await Http.Response.Body.WriteAsync(body, Cancellation);
        }
    }

    /// <summary>Answers 204, without a body.</summary>
    public void AnswerNothing() => Http.Response.StatusCode = StatusCodes.Status204NoContent;

    /// <summary>A problem of one field or parameter.</summary>
    public static ApiProblem Invalid(string field, string trouble) => new(ProblemCodes.InvalidRequest, $"{field} {trouble}") { Field = field };

    /// <summary>The place, without the name of a type of ours, which means nothing to the caller.</summary>
    private static string JsonTrouble(JsonException error) => string.Create(CultureInfo.InvariantCulture,
        $"cannot be read (line {error.LineNumber + 1}, byte {error.BytePositionInLine}): it is no JSON, or a field is missing, unknown or of another type; see /api/openapi.json");
}
