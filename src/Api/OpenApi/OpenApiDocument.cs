using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Katanemimena.Api;

/// <summary>The OpenAPI document (3.1), made of the endpoints themselves.</summary>
public static partial class OpenApiDocument
{
    private const string Name = "OpenApi";

    /// <summary>The endpoints, and one more that describes them all.</summary>
    public static IReadOnlyList<Endpoint> Describing(IEnumerable<Endpoint> endpoints)
    {
        List<Endpoint> all = [.. endpoints];
        Lazy<byte[]> document = new(() => System.Text.Encoding.UTF8.GetBytes(Of(all).ToJsonString()));
        all.Add(new Endpoint(Name, "openapi.json",
        [
            new Operation("GET", Caller.Anybody, "Describes the API for programs.", call => call.AnswerAsync(200, document.Value, "application/json; charset=utf-8"))
            {
                Answers = [new OperationAnswer(200, "This document (OpenAPI 3.1).", MediaType: "application/json")],
            },
        ]));
        return all;
    }

    /// <summary>The document of some endpoints.</summary>
    public static JsonObject Of(IReadOnlyList<Endpoint> endpoints)
    {
        OpenApiSchemas schemas = new();
        OpenApiOperations operations = new(schemas);
        JsonObject paths = [];
        foreach (Endpoint endpoint in endpoints)
        {
            foreach (string route in Routes(endpoint.Route))
            {
                Add(paths, endpoint, route, operations);
            }
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject
            {
                ["title"] = "Katanemimena",
                ["description"] = "Serverless MapReduce. Errors are application/problem+json with a stable code; 429 and 503 carry Retry-After.",
                ["version"] = typeof(OpenApiDocument).Assembly.GetName().Version!.ToString(3),
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "." }),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = schemas.All(),
                ["securitySchemes"] = new JsonObject
                {
                    ["bearer"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["bearerFormat"] = "JWT" },
                },
            },
        };
    }

    private static void Add(JsonObject paths, Endpoint endpoint, string route, OpenApiOperations operations)
    {
        string path = "/" + Parameter.Replace(route, "{$1}");
        string[] parameters = [.. Parameter.Matches(route).Select(match => match.Groups[1].Value)];
        JsonObject item = paths[path] as JsonObject ?? [];
        foreach (Operation operation in endpoint.Operations.Where(operation => IsOf(operation, parameters)))
        {
            JsonObject described = operations.Describe(endpoint, operation, parameters);
            if (route != endpoint.Route && route == Without(endpoint.Route))
            {
                described["operationId"] = $"{described["operationId"]}_all";
            }

            item[operation.Method.ToLowerInvariant()] = described;
        }

        if (item.Count > 0)
        {
            paths[path] = item;
        }
    }

    /// <summary>Paths here have no parameters that may be left out, as <c>{name?}</c> and <c>{*name}</c> may: such a route is two.</summary>
    private static string[] Routes(string route) =>
        route.EndsWith("?}", StringComparison.Ordinal) || route.Contains("{*", StringComparison.Ordinal) ? [Without(route), route] : [route];

    private static string Without(string route) => route[..Math.Max(0, route.LastIndexOf('/'))];

    /// <summary>An operation that has to have a parameter is not of the path without it.</summary>
    private static bool IsOf(Operation operation, string[] parameters) =>
        operation.Parameters.Where(parameter => parameter is { In: "path", Required: true }).All(parameter => parameters.Contains(parameter.Name));

    /// <summary>A parameter of a route: <c>{name}</c>, <c>{name?}</c>, <c>{name:int}</c>, <c>{*name}</c>.</summary>
    [GeneratedRegex(@"\{\*{0,2}(\w+)(?::[^}?]*)?\??\}")]
    private static partial Regex Parameter { get; }
}
