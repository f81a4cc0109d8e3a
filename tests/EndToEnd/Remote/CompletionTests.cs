using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd.Remote;

/// <summary>The scripts complete what mrctl takes.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData("mrctl jo", "jobs")]
    [InlineData("mrctl jobs ca", "cancel card")]
    [InlineData("mrctl --server x jobs submit --red", "--reducer --reducers")]
    [InlineData("mrctl admin user unl", "unlock")]
    [InlineData("mrctl run --sta", "--state-dir")]
    [InlineData("mrctl datafiles put boo", "")]
    public async Task Bash_completes(string line, string expected)
    {
        string[] words = line.Split(' ');
        string array = string.Join(' ', words.Select(word => $"'{word}'"));
        Outcome outcome = await _sandbox.ShellAsync($"source <(mrctl completion bash); COMP_WORDS=({array}); COMP_CWORD={words.Length - 1}; _mrctl; echo $(printf '%s\\n' \"${{COMPREPLY[@]}}\" | sort)");
        Assert.Equal(expected + "\n", outcome.Expect(0).Text);
        Assert.Empty(outcome.Error);
    }

    [Theory]
    [InlineData("zsh", "bashcompinit")]
    [InlineData("fish", "complete -c mrctl")]
    public async Task Other_shells_have_scripts_of_their_own(string shell, string part)
    {
        Outcome outcome = (await _sandbox.RunAsync("completion", shell)).Expect(0);
        Assert.Contains(part, outcome.Text, StringComparison.Ordinal);
        Assert.Contains("set-aside", outcome.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shell_that_is_not_known_is_refused() => (await _sandbox.RunAsync("completion", "tcsh")).ExpectError(2, "bash, zsh, fish");

    [Fact]
    public async Task Every_command_has_help_with_examples()
    {
        string[] commands = ["login", "logout", "whoami", "password", "datafiles", "datafiles put", "datafiles get", "datafiles rm", "jobs", "jobs submit", "jobs status", "jobs watch", "jobs result",
            "jobs logs", "jobs card", "jobs set-aside", "jobs cancel", "jobs rm", "admin", "admin user", "admin token", "admin key", "completion"];
        foreach (string command in commands)
        {
            Outcome outcome = (await _sandbox.RunAsync([.. command.Split(' '), "--help"])).Expect(0);
            Assert.Contains($"mrctl {command}", outcome.Text[outcome.Text.IndexOf("Examples:", StringComparison.Ordinal)..], StringComparison.Ordinal);
        }
    }
}
