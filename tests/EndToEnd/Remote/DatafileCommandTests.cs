using System.Text.Json;
using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd.Remote;

/// <summary>Data goes to the server and comes back, also when a command was killed on the way.</summary>
public sealed class DatafileCommandTests : IAsyncLifetime
{
    private RemoteSandbox _remote = null!;

    public async ValueTask InitializeAsync() => _remote = await RemoteSandbox.StartAsync();

    public ValueTask DisposeAsync() => _remote.DisposeAsync();

    [Fact]
    public async Task File_is_put_listed_got_and_removed()
    {
        (await _remote.RunAsync("datafiles", "put", "book.txt")).Expect(0);
        (await _remote.RunAsync("datafiles", "put", "book.txt", "--name", "2026/copy.txt")).Expect(0);
        Outcome list = (await _remote.RunAsync("datafiles")).Expect(0);
        Assert.Matches(@"^NAME +SIZE +CRC-32C +UPLOADED +OWNER\n2026/copy.txt +8 B +[0-9a-f]{8} +2030-01-02 03:04:05Z +ada\nbook.txt +8 B ", list.Text);
        using var json = JsonDocument.Parse((await _remote.RunAsync("datafiles", "--prefix", "2026/", "--json")).Expect(0).Output);
        Assert.Equal("2026/copy.txt", Assert.Single(json.RootElement.GetProperty("datafiles").EnumerateArray()).GetProperty("name").GetString());
        (await _remote.RunAsync("datafiles", "get", "2026/copy.txt")).Expect(0);
        Assert.Equal("b a\na c\n", File.ReadAllText(_remote.Sandbox["copy.txt"]));
        (await _remote.RunAsync("datafiles", "get", "2026/copy.txt")).ExpectError(2, "copy.txt", "--force");
        Assert.Equal("b a\na c\n", (await _remote.RunAsync("datafiles", "get", "book.txt", "--output", "-")).Expect(0).Text);
        (await _remote.RunAsync("datafiles", "rm", "book.txt")).Expect(0);
        (await _remote.RunAsync("datafiles", "rm", "book.txt")).ExpectError(7, "book.txt");
        Assert.Equal(["2026/copy.txt"], _remote.Service.Datafiles.Files.Keys);
    }

    [Theory]
    [InlineData("rm")]
    [InlineData("get")]
    public async Task Glob_where_a_name_is_wanted_is_named_as_it_was_typed(string command)
    {
        (await _remote.RunAsync("datafiles", "put", "book.txt", "--name", "logs/a.txt")).Expect(0);
        (await _remote.RunAsync("datafiles", command, "logs/*")).ExpectError(2, "logs/*: is a glob", "mrctl datafiles --prefix logs/");
        Assert.Equal(["logs/a.txt"], _remote.Service.Datafiles.Files.Keys);
    }

    [Fact]
    public async Task Datafile_that_is_not_there_leaves_no_file()
    {
        (await _remote.RunAsync("datafiles", "get", "nonex")).ExpectError(7, "nonex");
        (await _remote.RunAsync("datafiles", "get", "nonex", "--output", "other")).ExpectError(7, "nonex");
        Assert.Empty(Directory.GetFiles(_remote.Sandbox.Folder, "*.partial*"));
    }

    [Fact]
    public async Task Same_file_is_not_sent_again_and_another_not_in_its_place_unasked()
    {
        (await _remote.RunAsync("datafiles", "put", "book.txt")).Expect(0);
        Assert.Contains("is there already", (await _remote.RunAsync("datafiles", "put", "book.txt")).Expect(0).Error, StringComparison.Ordinal);
        _remote.Sandbox.Write("book.txt", "other\n");
        (await _remote.RunAsync("datafiles", "put", "book.txt")).ExpectError(8, "book.txt", "--replace");
        (await _remote.RunAsync("datafiles", "put", "book.txt", "--replace")).Expect(0);
        Assert.Equal("other\n"u8.ToArray(), _remote.Service.Datafiles.Files["book.txt"]);
    }

    [Fact]
    public async Task Killed_upload_goes_on()
    {
        byte[] content = new byte[25 << 20];
        new Random(3).NextBytes(content);
        _remote.Sandbox.Write("big.bin", content);
        var reached = new TaskCompletionSource();
        var killed = new TaskCompletionSource();
        _remote.Service.Break("PUT datafiles/big.bin?offset=16777216", 1, async serve =>
        {
            reached.SetResult();
            await killed.Task;
            throw new IOException("the client is gone");
        });
        using (Mrctl upload = _remote.Sandbox.Start(null, "datafiles", "put", "big.bin"))
        {
            await reached.Task.WaitAsync(TimeSpan.FromSeconds(60));
            upload.Signal(9);
            await upload.EndAsync();
            killed.SetResult();
        }

        (await _remote.RunAsync("datafiles", "put", "big.bin")).Expect(0);
        Assert.Equal(content, _remote.Service.Datafiles.Files["big.bin"]);
        Assert.Equal(1, _remote.Service.Requests.Count(request => request.StartsWith("PUT datafiles/big.bin?offset=0", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Interrupted_upload_says_how_it_goes_on()
    {
        _remote.Sandbox.Write("big.bin", new byte[9 << 20]);
        var reached = new TaskCompletionSource();
        _remote.Service.Break("PUT datafiles/big.bin?offset=8388608", 1, serve =>
        {
            reached.SetResult();
            return new TaskCompletionSource<Contracts.FakeService.FakeAnswer>().Task.WaitAsync(TimeSpan.FromSeconds(5));
        });
        using Mrctl upload = _remote.Sandbox.Start(null, "datafiles", "put", "big.bin");
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(60));
        upload.Signal(2);
        Outcome outcome = (await upload.EndAsync()).Expect(130);
        Assert.Contains("the same command goes on", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Upload_of_another_file_under_the_same_name_is_dropped_only_when_that_was_asked_for()
    {
        byte[] content = new byte[9 << 20];
        new Random(4).NextBytes(content);
        _remote.Sandbox.Write("big.bin", content);
        _remote.Service.Datafiles.Uploads["big.bin"] = (new byte[8 << 20], 25 << 20);
        (await _remote.RunAsync("datafiles", "put", "big.bin")).ExpectError(8, "big.bin", "8.00 MiB of 25.0 MiB", "--replace", "mrctl datafiles rm big.bin --upload");
        (await _remote.RunAsync("jobs", "submit", "--data", "big.bin", "--mapper", "wc.py")).ExpectError(8, "8.00 MiB of 25.0 MiB");
        Assert.Equal((8 << 20, 25 << 20), (_remote.Service.Datafiles.Uploads["big.bin"].Received.Length, _remote.Service.Datafiles.Uploads["big.bin"].Total));
        Outcome outcome = (await _remote.RunAsync("datafiles", "put", "big.bin", "--replace")).Expect(0);
        Assert.Contains("8.00 MiB of 25.0 MiB", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(content, _remote.Service.Datafiles.Files["big.bin"]);
    }

    [Fact]
    public async Task Upload_that_turns_out_to_be_of_another_file_is_left_alone_or_dropped_where_that_was_asked_for()
    {
        byte[] content = new byte[9 << 20];
        new Random(5).NextBytes(content);
        _remote.Sandbox.Write("big.bin", content);
        _remote.Service.Datafiles.Uploads["big.bin"] = (new byte[8 << 20], content.Length);
        (await _remote.RunAsync("datafiles", "put", "big.bin")).ExpectError(8, "big.bin", "an upload of another file", "--replace");
        Assert.Equal(8 << 20, _remote.Service.Datafiles.Uploads["big.bin"].Received.Length);
        Outcome outcome = (await _remote.RunAsync("datafiles", "put", "big.bin", "--replace")).Expect(0);
        Assert.Contains("another file", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(content, _remote.Service.Datafiles.Files["big.bin"]);
    }

    [Fact]
    public async Task Quiet_command_says_nothing_of_what_went_well()
    {
        foreach (string[] command in new[] { new[] { "datafiles", "put", "book.txt", "--quiet" }, ["jobs", "submit", "--data", "book.txt", "--mapper", "wc.py", "--quiet"], ["jobs", "result", "m0-1", "--quiet"] })
        {
            Assert.Empty((await _remote.RunAsync(command)).Expect(0).Error);
        }
    }

    [Fact]
    public async Task Closed_standard_output_ends_quietly()
    {
        _remote.Service.Datafiles.Files["big.bin"] = new byte[4 << 20];
        Outcome outcome = await _remote.Sandbox.ShellAsync("mrctl datafiles get big.bin --output - | head -c 1 >/dev/null; echo ${PIPESTATUS[0]}");
        Assert.Equal("141\n", outcome.Text);
        Assert.Empty(outcome.Error);
    }
}
