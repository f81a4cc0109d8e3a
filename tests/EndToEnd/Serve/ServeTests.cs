using System.Text.Json;
using Katanemimena.Tests.Contracts.Services;
using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd.Serve;

/// <summary>The service on one machine, used as the README says.</summary>
public sealed class ServeTests
{
    [Fact]
    public async Task Sign_in_upload_submit_watch_and_result()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        Assert.Contains("admin", (await server.RunAsync("whoami")).Expect(0).Text, StringComparison.Ordinal);
        server.Sandbox.Write("book.txt", "b a\na c\n");
        server.Sandbox.Write("wc.py", Programs.FunctionsWordCount);
        (await server.RunAsync("datafiles", "put", "book.txt")).Expect(0);
        Assert.Contains("book.txt", (await server.RunAsync("datafiles")).Expect(0).Text, StringComparison.Ordinal);
        string id = (await server.RunAsync("jobs", "submit", "--data", "datafile:book.txt", "--mapper", "wc.py", "--reducer", "wc.py", "--detach")).Expect(0).Text.Trim();
        Assert.Equal("local-1", id);
        (await server.RunAsync("jobs", "watch", id)).Expect(0);
        Assert.Contains("completed", (await server.RunAsync("jobs", "status", id)).Expect(0).Text, StringComparison.Ordinal);
        Assert.Equal("a\t2\nb\t1\nc\t1\n", (await server.RunAsync("jobs", "result", id)).Expect(0).Text);
        Outcome stopped = await server.StopAsync();
        Assert.Equal(0, stopped.ExitCode);
    }

    [Fact]
    public async Task Every_line_of_the_log_has_its_time_and_sign_ins_their_user()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        (await server.LoginAsync("admin", "not the password")).Expect(5);
        string[] lines = (await server.StopAsync()).Expect(0).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (info|warn|fail): ", line));
        Assert.Contains(lines, line => line.EndsWith(": admin signed in", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.EndsWith(": InvalidCredentials", StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_other_program_reaches_the_server_by_what_debuggers_use()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        string folder = Path.GetTempPath();
        Assert.Empty(Directory.EnumerateFiles(folder, $"dotnet-diagnostic-{server.Id}-*").Concat(Directory.EnumerateFiles(folder, $"clr-debug-pipe-{server.Id}-*")));
    }

    [Fact]
    public async Task Every_sample_gives_the_bytes_of_a_run_on_this_machine()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        int count = 0;
        foreach (string folder in Directory.EnumerateDirectories(Path.Join(PublishedMrctl.Root, "samples")))
        {
            using var sample = JsonDocument.Parse(File.ReadAllBytes(Path.Join(folder, "sample.json")));
            JsonElement root = sample.RootElement;
            byte[] expected = File.ReadAllBytes(Path.Join(folder, root.GetProperty("expected").GetString()));
            foreach (JsonElement variant in root.GetProperty("variants").EnumerateArray())
            {
                List<string> arguments = ["jobs", "submit", "--quiet", "--chunk-size", "1K", "--reducers", "3", "--format", root.GetProperty("format").GetString()!, "--data"];
                arguments.AddRange(root.GetProperty("input").EnumerateArray().Select(file => Path.Join(folder, file.GetString())));
                foreach (string role in new[] { "mapper", "reducer", "combiner" })
                {
                    if (variant.TryGetProperty(role, out JsonElement file) && file.GetString() is { } name)
                    {
                        arguments.AddRange([$"--{role}", Path.Join(folder, name)]);
                    }
                }

                Outcome outcome = (await server.RunAsync([.. arguments])).Expect(0);
                Assert.True(expected.AsSpan().SequenceEqual(outcome.Output), $"{Path.GetFileName(folder)}, {variant.GetProperty("name").GetString()} gave other bytes");
                count++;
            }
        }

        Assert.True(count >= 7);
    }

    [Fact]
    public async Task Job_goes_on_after_the_server_was_killed_and_started_again()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        server.Sandbox.Write("data.txt", string.Concat(Enumerable.Range(0, 200).Select(line => $"{line % 7} {new string('x', 100)}\n")));
        server.Sandbox.Write("slow.py", """
            import time
            def map(key, line):
                time.sleep(0.02)
                yield line.split(' ')[0], 1
            def reduce(key, values):
                yield sum(values)
            """);
        string id = (await server.RunAsync("jobs", "submit", "--data", "data.txt", "--mapper", "slow.py", "--reducer", "slow.py", "--chunk-size", "1K", "--detach")).Expect(0).Text.Trim();
        await server.KillAsync();
        await server.StartAgainAsync();
        (await server.RunAsync("jobs", "watch", id)).Expect(0);
        Assert.Equal(
            string.Concat(Enumerable.Range(0, 200).GroupBy(line => line % 7).Select(group => $"{group.Key}\t{group.Count()}\n")),
            (await server.RunAsync("jobs", "result", id)).Expect(0).Text);
    }

    [Fact]
    public async Task Folder_and_port_that_are_in_use_are_named()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using Mrctl second = server.StartOn(ServiceProcess.FreePort());
        Outcome folder = await second.EndAsync();
        Assert.Equal(1, folder.ExitCode);
        Assert.Contains("is in use by process", folder.Error, StringComparison.Ordinal);

        using Mrctl third = server.Sandbox.Start(null, "serve", "--state-dir", "other", "--listen", new Uri(server.Address).Authority);
        Outcome port = await third.EndAsync();
        Assert.Equal(1, port.ExitCode);
        Assert.Contains("cannot listen", port.Error, StringComparison.Ordinal);
        Assert.Contains(server.Address, port.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", port.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("password", port.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--listen", "nowhere", "not an address to listen on")]
    [InlineData("--listen", "127.0.0.1", "not an address to listen on")]
    [InlineData("--workers", "0", "--workers 0")]
    [InlineData("--sandbox", "maybe", "--sandbox maybe")]
    public async Task Option_that_is_wrong_is_named(string option, string value, string error)
    {
        using var sandbox = new Sandbox();
        Outcome outcome = await sandbox.RunAsync("serve", option, value);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(error, outcome.Error, StringComparison.Ordinal);
    }
}
