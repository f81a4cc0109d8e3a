using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Katanemimena.Wire;

namespace Katanemimena.Tests.Contracts.FakeService;

/// <summary>What the fake service answers, before it is sent: so that a fault can lose it or cut it.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The body.</param>
/// <param name="MediaType">Its media type.</param>
public sealed record FakeAnswer(int Status, byte[] Body, string MediaType = "application/json")
{
    /// <summary>Headers beside length and type.</summary>
    public Dictionary<string, string> Headers { get; } = [];

    /// <summary>Bytes of the body that are sent before the connection is cut; null for all.</summary>
    public int? CutAfter { get; init; }

    /// <summary>204.</summary>
    public static FakeAnswer Nothing => new(204, []);

    /// <summary>A document.</summary>
    public static FakeAnswer Of<T>(T document, JsonTypeInfo<T> type, int status = 200) => new(status, JsonSerializer.SerializeToUtf8Bytes(document, type));

    /// <summary>A problem.</summary>
    public static FakeAnswer Problem(int status, string code, string detail, int? retryAfter = null, long? received = null, string? field = null)
    {
        var document = new ProblemDocument
        {
            Type = ProblemDocument.TypePrefix + code, Title = code, Status = status, Code = code, Detail = detail, Request = "r-1", Received = received, Field = field,
        };
        var answer = new FakeAnswer(status, JsonSerializer.SerializeToUtf8Bytes(document, WireJson.Default.ProblemDocument), ProblemDocument.MediaType);
        if (retryAfter is { } seconds)
        {
            answer.Headers["Retry-After"] = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        return answer;
    }

    /// <summary>What a proxy answers, which knows nothing of the API.</summary>
    public static FakeAnswer Html(int status) => new(status, Encoding.UTF8.GetBytes("<html>no</html>"), "text/html");
}

/// <summary>Thrown by the parts of the fake service.</summary>
/// <param name="answer">The answer.</param>
public sealed class FakeRefusal(FakeAnswer answer) : Exception
{
    /// <summary>The answer.</summary>
    public FakeAnswer Answer { get; } = answer;

    /// <summary>404.</summary>
    public static FakeRefusal NotFound(string what) => new(FakeAnswer.Problem(404, ProblemCodes.NotFound, $"there is no {what}"));
}
