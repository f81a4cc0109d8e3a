using System.Text.Json.Nodes;
using Katanemimena.Api;
using Katanemimena.Wire;
using Xunit;
using Endpoint = Katanemimena.Api.Endpoint;

namespace Katanemimena.Tests.Unit.Api;

/// <summary>What can be checked of an OpenAPI document without its own schema.</summary>
public sealed class OpenApiTests : IAsyncLifetime
{
    private ApiServer _server = null!;
    private IReadOnlyList<Endpoint> _endpoints = null!;
    private JsonObject _document = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ApiServer.StartAsync(_ => []);
        _endpoints = OpenApiDocument.Describing([.. AccessEndpoints.All(_server.Parts), .. OperationsEndpoints.All(_server.Parts), .. Others]);
        _document = JsonNode.Parse(OpenApiDocument.Of(_endpoints).ToJsonString())!.AsObject();
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    /// <summary>Shapes that the endpoints of this list do not have.</summary>
    private static IEnumerable<Endpoint> Others =>
    [
        new("Files", "files/{*name}",
        [
            new Operation("PUT", Caller.User, "Puts.", _ => Task.CompletedTask)
            {
                RequestMediaType = "application/octet-stream",
                Parameters =
                [
                    new OperationParameter("path", "name", "Which.", Required: true), new OperationParameter("query", "offset", "Where.", "integer"),
                    new OperationParameter("header", "X-Crc", "What."),
                ],
                Answers = [new OperationAnswer(200, "Good.", WireJson.Default.DatafileDocument), new OperationAnswer(202, "On.", WireJson.Default.UploadDocument)],
                Problems = [ProblemCodes.WrongOffset, ProblemCodes.InUse],
            },
            new Operation("GET", Caller.User, "Lists, or gets one.", _ => Task.CompletedTask)
            {
                Answers =
                [
                    new OperationAnswer(200, "All.", WireJson.Default.DatafilesDocument), new OperationAnswer(200, "Its upload.", WireJson.Default.UploadDocument),
                    new OperationAnswer(200, "Its bytes.", MediaType: "application/octet-stream"), new OperationAnswer(200, "It.", WireJson.Default.DatafileDocument),
                ],
            },
        ]),
        new("Things", "things/{id:int?}",
        [
            new Operation("POST", Caller.User, "Posts.", _ => Task.CompletedTask)
            {
                RequestMediaType = "multipart/form-data",
                Parameters = [new OperationParameter("form", "file", "A file.", "file", Required: true), new OperationParameter("form", "label", "A text.")],
                Answers = [new OperationAnswer(201, "Made.", WireJson.Default.JobDetail)],
            },
            new Operation("DELETE", Caller.User, "Deletes.", _ => Task.CompletedTask)
            {
                Parameters = [new OperationParameter("path", "id", "Which.", Required: true)],
                Answers = [new OperationAnswer(204, "Gone.")],
            },
        ]),
        new("Jobs", "jobs", [new Operation("GET", Caller.User, "Lists.", _ => Task.CompletedTask) { Answers = [new OperationAnswer(200, "All.", WireJson.Default.JobsDocument)] }]),
        new("Submit", "jobs", [new Operation("POST", Caller.User, "Submits.", _ => Task.CompletedTask) { Request = WireJson.Strict.SubmitMessage, Answers = [] }]),
    ];

    [Fact]
    public void Every_reference_leads_somewhere()
    {
        string[] references = [.. Nodes(_document).OfType<JsonObject>().Select(node => (string?)node["$ref"]).OfType<string>()];

        Assert.NotEmpty(references);
        Assert.All(references, reference => Assert.NotNull(Follow(reference)));
        Assert.All(references, reference => Assert.StartsWith("#/components/schemas/", reference, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_operation_is_there_and_no_other()
    {
        string[] wanted = [.. _endpoints.Where(endpoint => endpoint.Name is not ("Files" or "Things")).SelectMany(endpoint => endpoint.Operations.Select(operation => $"{operation.Method} /{endpoint.Route}"))];
        string[] found = [.. Operations().Select(operation => $"{operation.Method.ToUpperInvariant()} {operation.Path}")];

        Assert.Equal(((string[])[.. wanted, "PUT /files/{name}", "GET /files", "GET /files/{name}", "POST /things", "POST /things/{id}", "DELETE /things/{id}"]).Order(), found.Order());
    }

    [Fact]
    public void Every_operation_has_a_name_of_its_own()
    {
        string[] names = [.. Operations().Select(operation => (string)operation.Node["operationId"]!)];
        Assert.Equal(names.Length, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.All(names, name => Assert.Matches("^[A-Za-z_]+$", name));
    }

    [Fact]
    public void Every_problem_of_an_operation_has_a_response_that_names_it()
    {
        foreach (Endpoint endpoint in _endpoints)
        {
            foreach (Operation operation in endpoint.Operations)
            {
                string path = "/" + endpoint.Route.Replace("*", "", StringComparison.Ordinal).Replace(":int?", "", StringComparison.Ordinal);
                JsonNode described = _document["paths"]![path]![operation.Method.ToLowerInvariant()]!;
                foreach (string code in OpenApiOperations.ProblemsOf(operation))
                {
                    JsonNode response = described["responses"]![$"{ProblemKinds.All[code].Status}"]!;
                    Assert.Contains($"`{code}`", (string)response["description"]!, StringComparison.Ordinal);
                    Assert.Equal("#/components/schemas/ProblemDocument", (string)response["content"]![ProblemDocument.MediaType]!["schema"]!["$ref"]!);
                }
            }
        }
    }

    [Fact]
    public void Every_response_says_when_and_every_good_answer_is_there()
    {
        Assert.All(Operations().SelectMany(operation => operation.Node["responses"]!.AsObject()), response => Assert.NotEmpty((string)response.Value!["description"]!));
        JsonNode ready = _document["paths"]!["/readyz"]!["get"]!["responses"]!["503"]!["content"]!;
        Assert.Equal(["application/json", ProblemDocument.MediaType], ready.AsObject().Select(content => content.Key).Order());
    }

    [Fact]
    public void Every_parameter_of_a_path_is_described_and_required()
    {
        foreach ((string path, string _, JsonNode node) in Operations())
        {
            IEnumerable<string> wanted = path.Split('/').Where(part => part.StartsWith('{')).Select(part => part[1..^1]);
            JsonNode?[] found = [.. (node["parameters"] as JsonArray ?? []).Where(parameter => (string)parameter!["in"]! == "path")];
            Assert.Equal(wanted, found.Select(parameter => (string)parameter!["name"]!));
            Assert.All(found, parameter => Assert.True((bool)parameter!["required"]!));
        }
    }

    [Fact]
    public void Who_may_call_is_told()
    {
        Assert.Empty(_document["paths"]!["/login"]!["post"]!["security"]!.AsArray());
        Assert.NotNull(_document["paths"]!["/users"]!["get"]!["security"]![0]!["bearer"]);
        Assert.NotNull(_document["components"]!["securitySchemes"]!["bearer"]);
    }

    [Fact]
    public void Schemas_say_what_documents_have()
    {
        JsonNode schemas = _document["components"]!["schemas"]!;
        JsonNode login = schemas["LoginRequest"]!;

        Assert.Equal(["name", "password"], login["required"]!.AsArray().Select(name => (string)name!));
        Assert.False((bool)login["additionalProperties"]!);
        Assert.Equal("date-time", (string)schemas["UserDocument"]!["properties"]!["created"]!["format"]!);
        Assert.Equal("#/components/schemas/UserDocument", (string)schemas["UsersDocument"]!["properties"]!["users"]!["items"]!["$ref"]!);
        Assert.Null(schemas["UserDocument"]!["additionalProperties"]);
    }

    [Fact]
    public void Answers_of_one_status_are_told_apart_by_media_type_or_are_either()
    {
        JsonNode content = _document["paths"]!["/files"]!["get"]!["responses"]!["200"]!["content"]!;
        Assert.Equal(
            ["DatafilesDocument", "UploadDocument", "DatafileDocument"],
            content["application/json"]!["schema"]!["anyOf"]!.AsArray().Select(schema => ((string)schema!["$ref"]!).Split('/')[^1]));
        Assert.NotNull(content["application/octet-stream"]);
    }

    [Fact]
    public void Form_is_described_by_its_fields()
    {
        JsonNode form = _document["paths"]!["/things"]!["post"]!["requestBody"]!["content"]!["multipart/form-data"]!["schema"]!;
        Assert.Equal(["file", "label"], form["properties"]!.AsObject().Select(field => field.Key));
        Assert.Equal(["file"], form["required"]!.AsArray().Select(name => (string)name!));
    }

    private IEnumerable<(string Path, string Method, JsonNode Node)> Operations() =>
        from path in _document["paths"]!.AsObject()
        from operation in path.Value!.AsObject()
        select (path.Key, operation.Key, operation.Value!);

    private JsonNode? Follow(string reference) => reference[2..].Split('/').Aggregate((JsonNode?)_document, (node, name) => node?[name]);

    private static IEnumerable<JsonNode> Nodes(JsonNode node) => node switch
    {
        JsonObject all => all.Where(part => part.Value is not null).SelectMany(part => Nodes(part.Value!)).Prepend(node),
        JsonArray all => all.Where(part => part is not null).SelectMany(part => Nodes(part!)),
        _ => [],
    };
}
