using Katanemimena.Core;
using Katanemimena.Tests.Contracts;
using Katanemimena.TriggerHost;
using Xunit;

namespace Katanemimena.Tests.Unit.TriggerHost;

public sealed class FunctionFileTests : IDisposable
{
    private const string Http = """
        { "bindings": [
          { "type": "httpTrigger", "direction": "in", "name": "request", "route": "jobs/{id}", "methods": ["get", "delete"], "authLevel": "anonymous" },
          { "type": "http", "direction": "out", "name": "$return" } ] }
        """;

    private const string Queue = """{ "bindings": [ { "type": "queueTrigger", "direction": "in", "name": "message", "queueName": "map-tasks", "connection": "AzureWebJobsStorage" } ] }""";

    private const string Timer = """{ "bindings": [ { "type": "timerTrigger", "direction": "in", "name": "timer", "schedule": "*/5 * * * * *" } ] }""";

    private static readonly FunctionCatalogue s_catalogue = new(
        [Functions.Http("GetJob", "jobs/{id}", "GET", "DELETE"), Functions.Queue("Mapper", "map-tasks"), Functions.Timer("Reconcile", "*/5 * * * * *")]);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Files_that_say_what_the_code_does_agree_with_it()
    {
        Write(("GetJob", Http), ("Mapper", Queue), ("Reconcile", Timer));
        Directory.CreateDirectory(_folder.File("bin"));
        Assert.Empty(Disagreements());
    }

    [Theory]
    [InlineData("map-tasks", "map-task", "map-tasks")]
    [InlineData("\"AzureWebJobsStorage\"", "\"Storage\"", "Storage")]
    public void Queue_or_connection_that_differs_is_found(string said, string instead, string named) =>
        Assert.Contains(named, Assert.Single(DisagreementsOf("Mapper", Queue.Replace(said, instead, StringComparison.Ordinal))), StringComparison.Ordinal);

    [Theory]
    [InlineData("jobs/{id}", "jobs/{name}", "jobs/{name}")]
    [InlineData(", \"delete\"", "", "GET jobs/{id}")]
    [InlineData("anonymous", "function", "anonymous")]
    [InlineData(", \"authLevel\": \"anonymous\"", "", "anonymous")]
    [InlineData("\"http\"", "\"queue\"", "forwarded")]
    public void Request_that_would_be_answered_otherwise_is_found(string said, string instead, string named) =>
        Assert.Contains(named, Assert.Single(DisagreementsOf("GetJob", Http.Replace(said, instead, StringComparison.Ordinal))), StringComparison.Ordinal);

    [Fact]
    public void Schedule_that_differs_is_found() =>
        Assert.Contains("*/6", Assert.Single(DisagreementsOf("Reconcile", Timer.Replace("*/5", "*/6", StringComparison.Ordinal))), StringComparison.Ordinal);

    [Fact]
    public void Another_kind_of_trigger_is_found() => Assert.Single(DisagreementsOf("Reconcile", Queue));

    [Fact]
    public void Functions_without_a_file_and_files_without_a_function_are_found()
    {
        Write(("GetJob", Http), ("Mapper", Queue), ("Reducer", Queue));
        Assert.Equal(["Reconcile: no Reconcile/function.json", "Reducer/function.json: no such function"], Disagreements());
    }

    [Theory]
    [InlineData("{", "function.json")]
    [InlineData("{}", "function.json")]
    [InlineData("""{ "bindings": [] }""", "0 triggers")]
    [InlineData("""{ "bindings": [ { "type": "blobTrigger" } ] }""", "'blobTrigger'")]
    [InlineData("""{ "bindings": [ { "type": "queueTrigger", "queueName": "a" } ] }""", "'connection'")]
    [InlineData("""{ "bindings": [ { "type": "httpTrigger" } ] }""", "methods")]
    [InlineData("""{ "bindings": [ { "type": "timerTrigger", "schedule": "often" } ] }""", "'often'")]
    public void File_that_is_not_understood_is_refused_by_its_path(string text, string named)
    {
        Write(("Broken", text));
        PermanentFault fault = Assert.Throws<PermanentFault>(() => FunctionFile.ReadAll(_folder.Path));
        Assert.StartsWith(_folder.File("Broken"), fault.Message, StringComparison.Ordinal);
        Assert.Contains(named, fault.Message, StringComparison.Ordinal);
    }

    private IReadOnlyList<string> DisagreementsOf(string name, string text)
    {
        Write(("GetJob", Http), ("Mapper", Queue), ("Reconcile", Timer), (name, text));
        return Disagreements();
    }

    private IReadOnlyList<string> Disagreements() => s_catalogue.Disagreements(FunctionFile.ReadAll(_folder.Path));

    private void Write(params (string Name, string Text)[] files)
    {
        foreach ((string name, string text) in files)
        {
            Directory.CreateDirectory(_folder.File(name));
            File.WriteAllText(Path.Join(_folder.File(name), "function.json"), text);
        }
    }
}
