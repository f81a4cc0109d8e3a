using System.Text.Json.Serialization.Metadata;

namespace Katanemimena.Api;

/// <summary>Who may call an operation.</summary>
public enum Caller
{
    /// <summary>Anybody.</summary>
    Anybody,

    /// <summary>Whoever is signed in; what is theirs is the handler's to know.</summary>
    User,

    /// <summary>An admin.</summary>
    Admin,

    /// <summary>An admin, or a program that has the token of <see cref="ApiParts.MetricsToken"/>.</summary>
    AdminOrScraper,
}

/// <summary>Answers one call. What it throws is answered as a problem: <see cref="ApiProblem"/> as it says, a transient fault as 503, all else as 500.</summary>
public delegate Task OperationHandler(ApiCall call);

/// <summary>One method of one path: what it does, and what the OpenAPI document says of it.</summary>
/// <param name="Method">In upper case.</param>
/// <param name="Caller">Who may call it.</param>
/// <param name="Summary">One sentence.</param>
/// <param name="Handle">Answers it.</param>
public sealed record Operation(string Method, Caller Caller, string Summary, OperationHandler Handle)
{
    /// <summary>More than the summary, where more is to be said.</summary>
    public string Description { get; init; } = "";

    /// <summary>The body, if it is a JSON document.</summary>
    public JsonTypeInfo? Request { get; init; }

    /// <summary>Media type of the body, if it is no JSON document; for example <c>multipart/form-data</c>.</summary>
    public string? RequestMediaType { get; init; }

    /// <summary>Query parameters, headers and form fields.</summary>
    public IReadOnlyList<OperationParameter> Parameters { get; init; } = [];

    /// <summary>Good answers.</summary>
    public required IReadOnlyList<OperationAnswer> Answers { get; init; }

    /// <summary>Codes of the problems it answers with, beside those that every operation may: see <see cref="Wire.ProblemCodes"/>.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];
}

/// <summary>A parameter of an operation.</summary>
/// <param name="In"><c>query</c>, <c>header</c>, <c>path</c> or <c>form</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Summary">What it means, with unit, range and default.</param>
/// <param name="Type"><c>string</c>, <c>integer</c>, <c>boolean</c> or <c>file</c>.</param>
/// <param name="Required">Whether it must be there.</param>
public sealed record OperationParameter(string In, string Name, string Summary, string Type = "string", bool Required = false);

/// <summary>A good answer.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Summary">When it is given.</param>
/// <param name="Body">Its document, if it is JSON.</param>
/// <param name="MediaType">Its media type, if it is no JSON document; null for no body.</param>
public sealed record OperationAnswer(int Status, string Summary, JsonTypeInfo? Body = null, string? MediaType = null);
