using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Katanemimena.Client;

/// <summary>Requests and answers that are JSON documents.</summary>
internal static class Documents
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    /// <summary>Gets a document.</summary>
    public static Task<T> GetAsync<T>(this Transport transport, string path, JsonTypeInfo<T> type, CancellationToken cancellation) =>
        transport.SendAsync(() => new HttpRequestMessage(HttpMethod.Get, path), (answer, limit) => ReadAsync(answer, type, limit.Token), Retries.Safe(transport.Options), TimeSpan.Zero, cancellation);

    /// <summary>Sends a document and gets another.</summary>
    public static Task<T> SendAsync<TBody, T>(
        this Transport transport, HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<T> type, Retries retries, CancellationToken cancellation) =>
        transport.SendAsync(() => Request(method, path, body, bodyType), (answer, limit) => ReadAsync(answer, type, limit.Token), retries, TimeSpan.Zero, cancellation);

    /// <summary>Sends a document; the answer holds nothing of interest.</summary>
    public static Task TellAsync<TBody>(this Transport transport, HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> bodyType, CancellationToken cancellation) =>
        transport.SendAsync(() => Request(method, path, body, bodyType), Nothing, Retries.Once(transport.Options), TimeSpan.Zero, cancellation);

    /// <summary>Sends an empty request; the answer holds nothing of interest.</summary>
    public static Task TellAsync(this Transport transport, HttpMethod method, string path, CancellationToken cancellation) =>
        transport.SendAsync(() => Empty(method, path), Nothing, Retries.Once(transport.Options), TimeSpan.Zero, cancellation);

    /// <summary>Sends an empty request and gets a document.</summary>
    public static Task<T> AskAsync<T>(this Transport transport, HttpMethod method, string path, JsonTypeInfo<T> type, CancellationToken cancellation) =>
        transport.SendAsync(() => Empty(method, path), (answer, limit) => ReadAsync(answer, type, limit.Token), Retries.Once(transport.Options), TimeSpan.Zero, cancellation);

    /// <summary>Reads the document of a good answer.</summary>
    /// <exception cref="CutAnswer">It is no such document, or not all of it.</exception>
    public static async Task<T> ReadAsync<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        try
        {
            await using Stream body = await answer.Content.ReadAsStreamAsync(cancellation);
            return await JsonSerializer.DeserializeAsync(body, type, cancellation) ?? throw new CutAnswer("answered with null where a document belongs");
        }
        catch (IOException error)
        {
            throw CutAnswer.Because(error);
        }
        catch (JsonException error)
        {
            throw new CutAnswer("answered with what is no document of this API; is the address right?", error);
        }
    }

    /// <summary>A path with a query; parameters that are null are left out.</summary>
    public static string Path(string path, params (string Name, string? Value)[] query)
    {
        string text = string.Join('&', query.Where(pair => pair.Value is not null).Select(pair => $"{pair.Name}={Uri.EscapeDataString(pair.Value!)}"));
        return text.Length == 0 ? path : $"{path}?{text}";
    }

    /// <summary>Below a folder, a name whose parts are escaped one by one.</summary>
    public static string Below(string folder, string name) => $"{folder}/{string.Join('/', name.Split('/').Select(Segment))}";

    /// <summary>A part that is <c>.</c> or <c>..</c> would change the path: it is sent such that the server refuses it.</summary>
    private static string Segment(string part) => part is "." or ".." ? part.Replace(".", "%252E", StringComparison.Ordinal) : Uri.EscapeDataString(part);

    private static Task<bool> Nothing(HttpResponseMessage answer, TimeLimit limit) => Task.FromResult(true);

    /// <summary>Empty requests say that they have no bytes: the server insists on a length.</summary>
    private static HttpRequestMessage Empty(HttpMethod method, string path) =>
        new(method, path) { Content = method == HttpMethod.Delete ? null : new ByteArrayContent([]) };

    private static HttpRequestMessage Request<T>(HttpMethod method, string path, T body, JsonTypeInfo<T> type)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, type));
        content.Headers.ContentType = Json;
        return new HttpRequestMessage(method, path) { Content = content };
    }
}
