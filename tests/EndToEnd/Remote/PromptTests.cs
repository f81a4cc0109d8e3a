using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd.Remote;

/// <summary>What is asked at a terminal: passwords are not shown, lines of the shell come back.</summary>
public sealed class PromptTests : IAsyncLifetime
{
    private RemoteSandbox _remote = null!;

    public async ValueTask InitializeAsync() => _remote = await RemoteSandbox.StartAsync(user: null);

    public ValueTask DisposeAsync() => _remote.DisposeAsync();

    [Fact]
    public async Task Password_is_taken_from_the_terminal_and_not_shown()
    {
        string screen = await ScreenAsync($"mrctl login {_remote.Service.Address}", ("User: ", "ada\\r"), ("Password: ", "correct horsex\\177\\r"));
        Assert.Contains("signed in", screen, StringComparison.Ordinal);
        Assert.DoesNotContain("correct", screen, StringComparison.Ordinal);
        (await _remote.RunAsync("whoami")).Expect(0);
    }

    [Fact]
    public async Task Ctrl_c_at_a_password_ends_the_command()
    {
        string screen = await ScreenAsync($"mrctl login {_remote.Service.Address} --user ada", ("Password: ", "corr\\003"));
        Assert.Contains("code 130", screen, StringComparison.Ordinal);
        Assert.DoesNotContain("corr", screen, StringComparison.Ordinal);
        Assert.Empty(_remote.Service.Requests);
    }

    [Fact]
    public async Task Shell_brings_lines_back_and_asks_for_new_passwords()
    {
        (await _remote.LoginAsync("root")).Expect(0);
        string screen = await ScreenAsync(
            "mrctl admin",
            ("admin> ", "user unlock adx\\177a\\r"), ("admin> ", "\\033[A\\r"), ("admin> ", "user add eve\\r"), ("New password: ", "a long secret\\r"), ("New password again: ", "a long secret\\r"), ("admin> ", "quit\\r"));
        Assert.Equal(2, _remote.Service.Administration.Changes.Count(change => change.Unlock));
        Assert.Equal("a long secret", _remote.Service.Accounts.Passwords["eve"]);
        Assert.DoesNotContain("a long secret", screen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Colours_are_for_terminals_and_can_be_switched_off()
    {
        (await _remote.LoginAsync("ada")).Expect(0);
        (await _remote.RunAsync("jobs", "submit", "--data", "datafile:x", "--mapper", "wc.py", "--detach")).Expect(0);
        Assert.Contains("\u001b[36msubmitted\u001b[0m", await ScreenAsync("mrctl jobs"), StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b[36m", await ScreenAsync("env NO_COLOR=1 mrctl jobs"), StringComparison.Ordinal);
    }

    /// <summary>Types each answer when its question has come as often as it is in the list so far, and gives all that the terminal showed, then the exit code.</summary>
    private async Task<string> ScreenAsync(string command, params (string Question, string Answer)[] dialogue)
    {
        string feed = string.Concat(dialogue.Select((turn, index) =>
        {
            int times = dialogue[..(index + 1)].Count(earlier => earlier.Question == turn.Question);
            return $"until [ -e screen ] && [ \"$(grep -oF '{turn.Question}' screen | wc -l)\" -ge {times} ] || [ -e ended ]; do read -t 0.05 <> <(:) || true; done; printf '{turn.Answer}'\n";
        }));
        Outcome outcome = await _remote.Sandbox.ShellAsync($$"""
            export TERM=xterm LC_ALL=C.UTF-8 SHELL=/bin/bash
            rm -f screen ended
            { {{feed}}
              until [ -e ended ]; do read -t 0.05 <> <(:) || true; done; } | { timeout 60 script -qefc 'exec {{command}}' screen >/dev/null; echo "code $?" >> screen; touch ended; }
            cat screen
            """);
        return outcome.Expect(0).Text;
    }
}
