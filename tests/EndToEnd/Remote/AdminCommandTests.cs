using Katanemimena.Tests.EndToEnd.Running;
using Katanemimena.Wire;

namespace Katanemimena.Tests.EndToEnd.Remote;

/// <summary>What admins do, by single commands and in the shell of them.</summary>
public sealed class AdminCommandTests : IAsyncLifetime
{
    private RemoteSandbox _remote = null!;

    public async ValueTask InitializeAsync() => _remote = await RemoteSandbox.StartAsync("root");

    public ValueTask DisposeAsync() => _remote.DisposeAsync();

    [Fact]
    public async Task User_is_added_with_a_generated_password_that_works()
    {
        Outcome outcome = (await _remote.RunAsync("admin", "user", "add", "eve", "--generate", "--running-jobs", "4", "--stored-bytes", "10G")).Expect(0);
        Assert.Matches("^[a-zA-Z0-9]{24}\n$", outcome.Text);
        Assert.Equal(outcome.Text.TrimEnd(), _remote.Service.Accounts.Passwords["eve"]);
        Assert.DoesNotContain(outcome.Text.TrimEnd(), outcome.Error, StringComparison.Ordinal);
        Assert.Equal(new QuotaDocument(4, 10L << 30), _remote.Service.Administration.Users["eve"].Quota);
        (await _remote.RunAsync("admin", "user", "add", "eve", "--generate")).ExpectError(8, "eve");
    }

    [Fact]
    public async Task User_is_changed_in_what_was_given_alone()
    {
        (await _remote.RunAsync("admin", "user", "set", "ada", "--running-jobs", "2")).Expect(0);
        (await _remote.RunAsync("admin", "user", "set", "ada", "--stored-bytes", "1G", "--disable")).Expect(0);
        UserDocument ada = _remote.Service.Administration.Users["ada"];
        Assert.Equal((new QuotaDocument(2, 1L << 30), true, "user"), (ada.Quota, ada.Disabled, ada.Role));
        (await _remote.RunAsync("admin", "user", "set", "ada", "--running-jobs", "default", "--enable", "--role", "admin")).Expect(0);
        ada = _remote.Service.Administration.Users["ada"];
        Assert.Equal((new QuotaDocument(null, 1L << 30), false, "admin"), (ada.Quota, ada.Disabled, ada.Role));
        (await _remote.RunWithAsync("new password!\n", "admin", "user", "set", "ada", "--password-stdin")).Expect(0);
        Assert.Equal("new password!", _remote.Service.Accounts.Passwords["ada"]);
        (await _remote.RunAsync("admin", "user", "unlock", "ada")).Expect(0);
        Assert.True(_remote.Service.Administration.Changes.Last().Unlock);
        (await _remote.RunAsync("admin", "user", "set", "ada")).ExpectError(2, "nothing is to be changed");
    }

    [Fact]
    public async Task User_is_removed_only_when_that_is_certain()
    {
        (await _remote.RunAsync("admin", "user", "rm", "ada")).ExpectError(2, "--yes");
        (await _remote.RunAsync("admin", "user", "rm", "ada", "--yes")).Expect(0);
        (await _remote.RunAsync("admin", "user", "show", "ada")).ExpectError(7, "ada");
    }

    [Fact]
    public async Task Tokens_and_keys_are_made_listed_and_removed()
    {
        Assert.Equal("minted-secret\n", (await _remote.RunAsync("admin", "token", "add", "ada", "--days", "30", "--note", "batch")).Expect(0).Text);
        Outcome tokens = (await _remote.RunAsync("admin", "tokens")).Expect(0);
        Assert.Contains("batch", tokens.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("minted-secret", tokens.Text, StringComparison.Ordinal);
        (await _remote.RunAsync("admin", "token", "rm", "token-1")).Expect(0);
        (await _remote.RunAsync("admin", "token", "rm", "token-1")).ExpectError(7, "token-1");
        (await _remote.RunAsync("admin", "key", "rotate")).Expect(0);
        Assert.Contains("key-2", (await _remote.RunAsync("admin", "keys")).Expect(0).Text, StringComparison.Ordinal);
        (await _remote.RunAsync("admin", "key", "rm", "key-2")).Expect(0);
    }

    [Theory]
    [InlineData("users", "ada", "\"users\"")]
    [InlineData("quotas", "default", "\"users\"")]
    [InlineData("instances", "m0-1/map/3", "\"managers\"")]
    [InlineData("jobs", "STATE", "\"jobs\"")]
    [InlineData("tokens", "EXPIRES", "\"tokens\"")]
    [InlineData("keys", "key-1", "\"keys\"")]
    public async Task Listing_is_text_or_json(string command, string text, string json)
    {
        Assert.Contains(text, (await _remote.RunAsync("admin", command)).Expect(0).Text, StringComparison.Ordinal);
        Assert.Contains(json, (await _remote.RunAsync("admin", command, "--output", "json")).Expect(0).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shell_runs_line_after_line_and_goes_on_after_an_error()
    {
        Outcome outcome = await _remote.RunWithAsync("users\nuser unlock nobody\n\ntoken add ada --note 'for the \"night\"'\nhelp user add\nusrs\nquit\nkey rotate\n", "admin");
        outcome.ExpectError(2, "there is no user nobody", "did you mean users?");
        Assert.Contains("root", outcome.Text, StringComparison.Ordinal);
        Assert.Contains("minted-secret", outcome.Text, StringComparison.Ordinal);
        Assert.Contains("--generate", outcome.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("POST keys", _remote.Service.Requests);
        Assert.Contains("for the \\u0022night\\u0022", (await _remote.RunAsync("admin", "tokens", "--json")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task User_who_is_no_admin_is_told_so()
    {
        (await _remote.LoginAsync("ada")).Expect(0);
        (await _remote.RunAsync("admin", "users")).ExpectError(6, "only an admin");
    }
}
