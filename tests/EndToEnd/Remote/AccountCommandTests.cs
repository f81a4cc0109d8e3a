using System.Text.Json;
using Katanemimena.Tests.Contracts.FakeService;
using Katanemimena.Tests.EndToEnd.Running;
using Katanemimena.Wire;

namespace Katanemimena.Tests.EndToEnd.Remote;

/// <summary>Signing in and out, and which server is meant.</summary>
public sealed class AccountCommandTests : IAsyncLifetime
{
    private RemoteSandbox _remote = null!;

    public async ValueTask InitializeAsync() => _remote = await RemoteSandbox.StartAsync(user: null);

    public ValueTask DisposeAsync() => _remote.DisposeAsync();

    [Fact]
    public async Task Signed_in_user_is_known_until_signed_out()
    {
        (await _remote.RunAsync("whoami", "--server", _remote.Service.Address)).ExpectError(5, "not signed in", "mrctl login");
        Outcome login = (await _remote.LoginAsync("ada")).Expect(0);
        Assert.Contains("signed in to", login.Error, StringComparison.Ordinal);
        Assert.Contains("ada (user)", (await _remote.RunAsync("whoami")).Expect(0).Text, StringComparison.Ordinal);
        using var json = JsonDocument.Parse((await _remote.RunAsync("whoami", "--output", "json")).Expect(0).Output);
        Assert.Equal("ada", json.RootElement.GetProperty("name").GetString());
        (await _remote.RunAsync("logout")).Expect(0);
        (await _remote.RunAsync("whoami")).ExpectError(5, "not signed in");
    }

    [Fact]
    public async Task Wrong_password_is_told_by_the_exit_code_and_nowhere_shown()
    {
        Outcome outcome = await _remote.RunWithAsync("wrong-secret\n", "login", _remote.Service.Address, "--user", "ada", "--password-stdin");
        outcome.ExpectError(5);
        Assert.DoesNotContain("wrong-secret", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Password_is_never_asked_for_without_a_terminal() =>
        (await _remote.RunAsync("login", _remote.Service.Address, "--user", "ada")).ExpectError(2, "--password-stdin");

    [Fact]
    public async Task Device_is_known_again_at_the_next_sign_in()
    {
        await _remote.LoginAsync("ada");
        await _remote.RunAsync("logout");
        await _remote.LoginAsync("ada");
        Assert.Equal([null, "device-ada"], _remote.Service.Accounts.Devices);
    }

    [Fact]
    public async Task Secrets_are_kept_for_the_owner_alone()
    {
        await _remote.LoginAsync("ada");
        string sessions = Path.Join(_remote.Settings, "sessions");
        Assert.Equal("700", Convert.ToString((int)File.GetUnixFileMode(sessions), 8));
        Assert.All(Directory.GetFiles(sessions), file => Assert.Equal("600", Convert.ToString((int)File.GetUnixFileMode(file), 8)));
        File.SetUnixFileMode(Directory.GetFiles(sessions, "*.json").First(file => !file.Contains("devices", StringComparison.Ordinal)), (UnixFileMode)0b110_100_000);
        (await _remote.RunAsync("whoami")).ExpectError(3, "others can read");
    }

    [Fact]
    public async Task Session_goes_on_for_many_commands_at_once()
    {
        _remote.Service.Accounts.AccessSeconds = 1;
        await _remote.LoginAsync("ada");
        _remote.Service.Accounts.AccessSeconds = 900;
        Outcome[] outcomes = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _remote.RunAsync("whoami")));
        Assert.All(outcomes, outcome => outcome.Expect(0));
        Assert.Equal(0, _remote.Service.Accounts.Reused);
        Assert.Equal(1, _remote.Service.Requests.Count(request => request == "POST refresh"));
    }

    [Fact]
    public async Task Server_is_named_by_option_profile_variable_or_default()
    {
        (await _remote.RunAsync("whoami")).ExpectError(2, "no server is named");
        (await _remote.RunWithAsync("correct horse\n", "login", _remote.Service.Address, "--profile", "work", "--user", "ada", "--password-stdin")).Expect(0);
        (await _remote.RunAsync("whoami")).Expect(0);
        (await _remote.RunAsync("whoami", "--profile", "work")).Expect(0);
        (await _remote.RunAsync("whoami", "--profile", "home")).ExpectError(2, "home", "no such profile", "work");
        (await _remote.RunAsync("whoami", "--profile", "work", "--server", _remote.Service.Address)).ExpectError(2, "one of them");
        _remote.Sandbox.Set("MRCTL_SERVER", "http://127.0.0.1:1");
        (await _remote.RunAsync("whoami")).ExpectError(5, "127.0.0.1:1");
        (await _remote.RunAsync("whoami", "--profile", "work")).Expect(0);
    }

    [Fact]
    public async Task Token_of_a_script_is_used_as_it_is()
    {
        _remote.Sandbox.Set("MRCTL_SERVER", _remote.Service.Address);
        _remote.Sandbox.Set("MRCTL_TOKEN", _remote.Service.Accounts.Tokens("ada").AccessToken);
        (await _remote.RunAsync("whoami")).Expect(0);
        _remote.Sandbox.Set("MRCTL_TOKEN", "stale-secret");
        Outcome outcome = (await _remote.RunAsync("whoami")).ExpectError(5, "MRCTL_TOKEN");
        Assert.DoesNotContain("stale-secret", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Address_in_the_clear_is_refused_unless_accepted()
    {
        (await _remote.RunWithAsync("x\n", "login", "http://mr.invalid", "--user", "ada", "--password-stdin")).ExpectError(2, "in the clear", "--insecure");
        Outcome accepted = await _remote.RunWithAsync("x\n", "login", "http://mr.invalid", "--insecure", "--user", "ada", "--password-stdin");
        accepted.ExpectError(10, "mr.invalid");
        Assert.Contains("warning", accepted.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task New_password_keeps_the_session()
    {
        await _remote.LoginAsync("ada");
        (await _remote.RunWithAsync("correct horse\nanother horse\n", "password", "--password-stdin")).Expect(0);
        Assert.Equal("another horse", _remote.Service.Accounts.Passwords["ada"]);
        (await _remote.RunAsync("whoami")).Expect(0);
        (await _remote.RunWithAsync("correct horse\nanother horse\n", "password", "--password-stdin")).ExpectError(5);
        _remote.Sandbox.Write("both", "another horse\na third horse\n");
        (await _remote.Sandbox.ShellAsync("mrctl password --password-stdin < both")).Expect(0);
        Assert.Equal("a third horse", _remote.Service.Accounts.Passwords["ada"]);
    }

    [Theory]
    [InlineData(403, ProblemCodes.Forbidden, 6)]
    [InlineData(404, ProblemCodes.NotFound, 7)]
    [InlineData(409, ProblemCodes.Conflict, 8)]
    [InlineData(429, ProblemCodes.TooManyAttempts, 9)]
    [InlineData(413, ProblemCodes.OverQuota, 9)]
    [InlineData(500, ProblemCodes.Internal, 10)]
    [InlineData(400, ProblemCodes.InvalidRequest, 2)]
    public async Task Problem_has_its_exit_code_and_cannot_steer_the_terminal(int status, string code, int exitCode)
    {
        await _remote.LoginAsync("ada");
        _remote.Service.Refuse("GET whoami", 10, FakeAnswer.Problem(status, code, "said \u001b[2J\nby the server"));
        Outcome outcome = (await _remote.RunAsync("whoami")).ExpectError(exitCode, "said \\u{1b}[2J");
        Assert.DoesNotContain('\u001b', outcome.Error);
        Assert.Single(outcome.Error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task Server_that_is_gone_is_unreachable()
    {
        await _remote.LoginAsync("ada");
        await _remote.Service.DisposeAsync();
        (await _remote.RunAsync("whoami")).ExpectError(10, "cannot be reached");
    }
}
