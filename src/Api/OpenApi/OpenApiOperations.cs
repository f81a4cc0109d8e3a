using System.Globalization;
using System.Text.Json.Nodes;
using Katanemimena.Wire;

namespace Katanemimena.Api;

/// <summary>What the OpenAPI document says of one operation.</summary>
internal sealed class OpenApiOperations(OpenApiSchemas schemas)
{
    private const string Json = "application/json";

    /// <summary>The operation object (OpenAPI 3.1, 4.8.10).</summary>
    /// <param name="endpoint">Its endpoint.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="pathParameters">The parameters of its path.</param>
    internal JsonObject Describe(Endpoint endpoint, Operation operation, IEnumerable<string> pathParameters)
    {
        JsonObject described = new()
        {
            ["operationId"] = endpoint.Operations.Count == 1 ? endpoint.Name : $"{endpoint.Name}_{operation.Method.ToLowerInvariant()}",
            ["summary"] = operation.Summary,
        };
        if (operation.Description.Length > 0)
        {
            described["description"] = operation.Description;
        }

        described["security"] = operation.Caller == Caller.Anybody ? new JsonArray() : new JsonArray(new JsonObject { ["bearer"] = new JsonArray() });
        JsonArray parameters = [.. Parameters(operation, pathParameters)];
        if (parameters.Count > 0)
        {
            described["parameters"] = parameters;
        }

        if (Body(operation) is { } body)
        {
            described["requestBody"] = new JsonObject { ["required"] = true, ["content"] = body };
        }

        described["responses"] = Responses(operation);
        return described;
    }

    /// <summary>Codes of the problems that an operation may answer with: its own, and those that come with what it takes and who may call it.</summary>
    internal static IEnumerable<string> ProblemsOf(Operation operation)
    {
        List<string> codes = [.. operation.Problems, ProblemCodes.Internal, ProblemCodes.Unavailable];
        codes.AddRange(operation.Caller == Caller.Anybody ? [] : [ProblemCodes.Unauthorized]);
        codes.AddRange(operation.Caller is Caller.Admin or Caller.AdminOrScraper ? [ProblemCodes.Forbidden] : []);
        codes.AddRange(operation.Request is null && operation.RequestMediaType is null ? [] : [ProblemCodes.RequestTimeout, ProblemCodes.LengthRequired, ProblemCodes.TooLarge, ProblemCodes.UnsupportedMediaType]);
        codes.AddRange(operation.Request is null && operation.Parameters.All(parameter => parameter.In == "path") ? [] : [ProblemCodes.InvalidRequest]);
        return codes.Distinct().Order(StringComparer.Ordinal);
    }

    private static IEnumerable<JsonNode> Parameters(Operation operation, IEnumerable<string> pathParameters)
    {
        foreach (string name in pathParameters)
        {
            yield return Parameter(operation.Parameters.FirstOrDefault(parameter => parameter.In == "path" && parameter.Name == name)
                ?? new OperationParameter("path", name, "See the path."));
        }

        foreach (OperationParameter parameter in operation.Parameters.Where(parameter => parameter.In is "query" or "header"))
        {
            yield return Parameter(parameter);
        }
    }

    private static JsonObject Parameter(OperationParameter parameter) => new()
    {
        ["name"] = parameter.Name,
        ["in"] = parameter.In,
        ["description"] = parameter.Summary,
        ["required"] = parameter.Required || parameter.In == "path",
        ["schema"] = Schema(parameter),
    };

    private static JsonObject Schema(OperationParameter parameter) => parameter.Type == "file"
        ? new JsonObject { ["type"] = "string", ["contentMediaType"] = "application/octet-stream" }
        : new JsonObject { ["type"] = parameter.Type };

    private JsonObject? Body(Operation operation) =>
        operation.Request is { } document ? new JsonObject { [Json] = new JsonObject { ["schema"] = schemas.Reference(document) } }
        : operation.RequestMediaType is { } mediaType ? new JsonObject { [mediaType] = new JsonObject { ["schema"] = Form(operation) } }
        : null;

    /// <summary>The fields of a form; bytes where there are none.</summary>
    private static JsonObject Form(Operation operation)
    {
        OperationParameter[] fields = [.. operation.Parameters.Where(parameter => parameter.In == "form")];
        if (fields.Length == 0)
        {
            return [];
        }

        JsonObject properties = [];
        foreach (OperationParameter field in fields)
        {
            JsonObject schema = Schema(field);
            schema["description"] = field.Summary;
            properties[field.Name] = schema;
        }

        JsonObject form = new() { ["type"] = "object", ["properties"] = properties };
        if (fields.Any(field => field.Required))
        {
            form["required"] = new JsonArray([.. fields.Where(field => field.Required).Select(field => (JsonNode)field.Name)]);
        }

        return form;
    }

    private JsonObject Responses(Operation operation)
    {
        SortedDictionary<int, JsonObject> responses = [];
        foreach (OperationAnswer answer in operation.Answers)
        {
            Add(responses, answer.Status, answer.Summary, answer.Body is null ? answer.MediaType : Json, answer.Body is null ? [] : schemas.Reference(answer.Body));
        }

        foreach (IGrouping<int, string> problems in ProblemsOf(operation).GroupBy(code => ProblemKinds.All[code].Status))
        {
            Add(
                responses,
                problems.Key,
                string.Join("; ", problems.Select(code => $"`{code}`: {ProblemKinds.All[code].Title}")) + ".",
                ProblemDocument.MediaType,
                schemas.Reference(WireJson.Default.ProblemDocument));
        }

        return [.. responses.Select(response => KeyValuePair.Create(response.Key.ToString(CultureInfo.InvariantCulture), (JsonNode?)response.Value))];
    }

    /// <summary>One of two answers, or of three where there were two before.</summary>
    private static JsonObject Either(JsonNode one, JsonObject other)
    {
        JsonNode[] before = one["anyOf"] is JsonArray several ? [.. several.Select(schema => schema!.DeepClone())] : [one.DeepClone()];
        return new JsonObject { ["anyOf"] = new JsonArray([.. before, other]) };
    }

    private static void Add(SortedDictionary<int, JsonObject> responses, int status, string summary, string? mediaType, JsonObject schema)
    {
        if (!responses.TryGetValue(status, out JsonObject? response))
        {
            responses[status] = response = new JsonObject { ["description"] = summary };
        }
        else
        {
            response["description"] = $"{response["description"]} {summary}";
        }

        if (mediaType is not null)
        {
            JsonObject content = response["content"] as JsonObject ?? [];
            content[mediaType] = new JsonObject { ["schema"] = content[mediaType]?["schema"] is { } other ? Either(other, schema) : schema };
            response["content"] = content;
        }
    }
}
