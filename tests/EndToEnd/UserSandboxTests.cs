using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Katanemimena.Tests.Contracts.UserCode;
using Katanemimena.Tests.EndToEnd.Matrix;
using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd;

/// <summary>What user code can do to the machine in a sandbox, and what it can without: the difference that docs/security.md describes.</summary>
public sealed class UserSandboxTests : IDisposable
{
    /// <summary>Whether the system lets a process look into another of its user that it did not start: Yama, ptrace_scope 0.</summary>
    private static readonly bool s_mayTrace = Environment.IsPrivilegedProcess || !File.Exists("/proc/sys/kernel/yama/ptrace_scope")
        || File.ReadAllText("/proc/sys/kernel/yama/ptrace_scope").Trim() == "0";

    private readonly Sandbox _sandbox = new();
    private readonly Socket _tcp = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Socket _abstract = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly string _abstractName = string.Create(CultureInfo.InvariantCulture, $"katanemimena-test-{Environment.ProcessId}-{Path.GetRandomFileName()}");

    public UserSandboxTests()
    {
        _tcp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _tcp.Listen();
        _abstract.Bind(new UnixDomainSocketEndPoint("\0" + _abstractName));
        _abstract.Listen();
        foreach (string name in new[] { "AzureWebJobsStorage", "ETCD_PASSWORD", "API_TOKEN" })
        {
            _sandbox.Set(name, "hush");
        }

        _sandbox.Write("intruder.py", Intruder.Python);
        _sandbox.Write("intruder.cs", Intruder.DotNet);
        _sandbox.Script("intruder.sh", Intruder.Script);
        _sandbox.Write("secret.txt", "secret");
        _sandbox.Write("state/code/of-another.py", "secret");
        _sandbox.Write("state/volume/jobs/other-1/run", "secret");
    }

    public static TheoryData<string> Code() => ["intruder.py", "./intruder.sh", "intruder.cs"];

    public void Dispose()
    {
        _tcp.Dispose();
        _abstract.Dispose();
        _sandbox.Dispose();
    }

    [Theory]
    [MemberData(nameof(Code))]
    public async Task In_a_sandbox_code_reaches_nothing_of_its_machine(string code)
    {
        foreach ((string action, string could) in await TryAllAsync(code, "required"))
        {
            Assert.True(could != "yes", $"{action} was possible");
        }

        Assert.Equal(["secret"], Written());
        Assert.Equal("namespaces", Level());
        await _sandbox.ExpectCleanAsync();
    }

    [Theory]
    [InlineData("intruder.py")]
    [InlineData("./intruder.sh")]
    public async Task Without_one_it_reaches_all_that_its_user_does_but_the_secrets_in_its_own_environment(string code)
    {
        foreach ((string action, string could) in await TryAllAsync(code, "off"))
        {
            Assert.True((could == "yes") == (action != "variables" && (action != "memory" || s_mayTrace)), $"{action}: {could}");
        }

        Assert.Equal(["x"], Written());
        Assert.Equal("process", Level());
    }

    [Fact]
    public async Task Without_one_dotnet_code_reaches_all_that_mrctl_does()
    {
        Assert.All(await TryAllAsync("intruder.cs", "off"), tried => Assert.Equal("yes", tried.Could));
        Assert.Equal(["x"], Written());
        Assert.Equal("none", Level());
    }

    [Theory]
    [InlineData("intruder.py")]
    [InlineData("intruder.cs")]
    public async Task A_sandbox_that_is_required_and_cannot_start_fails_the_job(string code)
    {
        _sandbox.Script("bin/bwrap", "#!/bin/sh\necho 'No permissions to create new namespace' >&2\nexit 1\n");
        _sandbox.Set("PATH", $"{_sandbox["bin"]}:{Environment.GetEnvironmentVariable("PATH")}");
        _sandbox.Write("data.txt", $"write {_sandbox["out.txt"]}\n");
        (await RunAsync(code, "required")).ExpectError(3, "sandbox that is required cannot be had", "No permissions to create new namespace", "docs/security.md");
        Assert.Equal(["secret"], Written());
        (await RunAsync(code, "preferred")).Expect(0);
        Assert.Equal("process", Level());
    }

    [Fact]
    public async Task Who_asks_for_a_sandbox_has_dotnet_code_run_outside_of_our_own_process()
    {
        _sandbox.Write("data.txt", "a\n");
        _sandbox.Write("lines.cs", Programs.DotNetLineCount);
        foreach ((string sandbox, string level) in new[] { ("required", "namespaces"), ("preferred", "namespaces"), ("off", "none") })
        {
            (await RunAsync("lines.cs", sandbox)).Expect(0);
            Assert.Equal(level, Level());
        }
    }

    [Fact]
    public async Task Modules_next_to_the_code_are_seen_and_other_files_there_are_not()
    {
        _sandbox.Write("data.txt", "a\n");
        _sandbox.Write("words.py", "from package import name\n");
        _sandbox.Write("package/__init__.py", "name = 'seen'\n");
        _sandbox.Write("code.py", """
            import os, words
            def mapper(arr):
                return [(words.name, sorted(os.listdir(os.path.dirname(__file__))))]
            """);
        (await RunAsync("code.py", "required")).Expect(0);
        string[] words = (await File.ReadAllTextAsync(_sandbox["result"], TestContext.Current.CancellationToken)).Split('\t');
        Assert.Equal("seen", words[0]);
        Assert.Equal(["code.py", "intruder.py", "package", "tmp", "words.py"], JsonSerializer.Deserialize<string[]>(words[1])!.Where(file => file != "__pycache__"));
    }

    [Theory]
    [MemberData(nameof(MatrixTests.Variants), MemberType = typeof(MatrixTests))]
    public async Task A_sample_gives_the_same_bytes_in_a_sandbox(string name, string variantName)
    {
        Sample sample = Sample.Read(name);
        SampleVariant variant = sample.Variant(variantName);
        string[] reducer = variant.Reducer is { } file ? ["--reducer", Sample.PathOf(name, file)] : [];
        string[] combiner = variant.Combiner is { } combining ? ["--combiner", Sample.PathOf(name, combining)] : [];
        Outcome outcome = await _sandbox.RunAsync(
            ["run", "--data", .. sample.Input.Select(input => Sample.PathOf(name, input)), "--mapper", Sample.PathOf(name, variant.Mapper), .. reducer, .. combiner,
                "--format", sample.Format, "--output", "result", "--report", "report.json", "--chunk-size", "1K", "--workers", "2", "--sandbox", "preferred"]);
        outcome.Expect(0);
        Assert.Equal(await File.ReadAllBytesAsync(Sample.PathOf(name, sample.Expected), TestContext.Current.CancellationToken), await File.ReadAllBytesAsync(_sandbox["result"], TestContext.Current.CancellationToken));
        Assert.Equal("namespaces", Level());
    }

    private async Task<List<(string Action, string Could)>> TryAllAsync(string code, string sandbox)
    {
        string[] actions =
        [
            "variables", "environ PARENT", "memory PARENT", "processes PARENT", "signal PARENT", $"tcp {((IPEndPoint)_tcp.LocalEndPoint!).Port}",
            $"read {_sandbox["secret.txt"]}", $"read {_sandbox["state/code/of-another.py"]}", $"read {_sandbox["state/volume/jobs/other-1/run"]}", $"read {_sandbox["data.txt"]}",
            .. code == "./intruder.sh" ? Array.Empty<string>() : [$"abstract {_abstractName}"],
        ];
        string[] writes = [$"write {_sandbox["secret.txt"]}.new", $"write {_sandbox["state/code/of-another.py"]}"];
        _sandbox.Write("actions.txt", string.Join('\n', actions) + '\n');
        _sandbox.Write("writes.txt", string.Join('\n', writes) + '\n');

        // The shell becomes mrctl, so that its id is mrctl's.
        string line = $"sed \"s/PARENT/$$/\" actions.txt > data.txt; exec mrctl run --data data.txt --mapper {code} --sandbox {sandbox} --quiet";
        Outcome outcome = (await _sandbox.ShellAsync($"{line} --state-dir state --report report.json --force")).Expect(0);

        // What it could write is seen by looking for it: in a sandbox it may write to memory of its own under the same name.
        (await _sandbox.RunAsync("run", "--data", "writes.txt", "--mapper", code, "--sandbox", sandbox, "--state-dir", "state", "--quiet")).Expect(0);
        List<(string, string)> found = [.. outcome.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(text => text.Split('\t')).Select(pair => (pair[0], pair[1].Trim('"')))];
        Assert.Equal(actions.Length, found.Count);
        return found;
    }

    private Task<Outcome> RunAsync(string code, string sandbox) =>
        _sandbox.RunAsync("run", "--data", "data.txt", "--mapper", code, "--sandbox", sandbox, "--report", "report.json", "--output", "result", "--force");

    /// <summary>What is in the files that the code was to write, each once.</summary>
    private string[] Written() =>
        [.. new[] { "secret.txt.new", "state/code/of-another.py", "out.txt" }.Select(name => _sandbox[name]).Where(File.Exists).Select(File.ReadAllText).Select(text => text.Trim()).Distinct().Order(StringComparer.Ordinal)];

    private string? Level()
    {
        using var report = JsonDocument.Parse(File.ReadAllBytes(_sandbox["report.json"]));
        return report.RootElement.GetProperty("sandbox").GetString();
    }
}
