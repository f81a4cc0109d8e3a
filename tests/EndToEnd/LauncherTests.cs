using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd;

/// <summary>The launcher at the root, as users start it.</summary>
public sealed class LauncherTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task Launcher_passes_arguments_input_and_exit_code_on()
    {
        _sandbox.Write("wc.py", Programs.FunctionsWordCount);
        Outcome outcome = await _sandbox.ShellAsync($"printf 'a b\\na' | '{PublishedMrctl.Launcher}' run --data - --mapper wc.py --reducer wc.py --quiet");
        Assert.Equal("a\t2\nb\t1\n", outcome.Expect(0).Text);
        Assert.Empty(outcome.Error);
        (await _sandbox.ShellAsync($"'{PublishedMrctl.Launcher}' run --data 'no such file' --mapper wc.py")).ExpectError(2, "no such file");
    }

    [Fact]
    public async Task Launcher_works_through_a_link_from_another_folder()
    {
        File.CreateSymbolicLink(_sandbox["linked"], PublishedMrctl.Launcher);
        (await _sandbox.ShellAsync("./linked --version")).Expect(0);
        (await _sandbox.ShellAsync($"PATH='{PublishedMrctl.Root}':$PATH command mrctl --version")).Expect(0);
    }

    [Fact]
    public async Task Build_is_told_and_its_output_is_not_the_commands()
    {
        FakeRepository("echo '  Core -> /x/Core.dll'");
        Outcome outcome = (await _sandbox.ShellAsync("PATH=$PWD/sdk:$PATH; ./mrctl jobs --json")).Expect(0);
        Assert.Equal("ran jobs --json\n", outcome.Text);
        Assert.Matches("^mrctl: building .*\n$", outcome.Error);
        Assert.Empty(Directory.GetFiles(_sandbox["artifacts"], "began.*"));
    }

    [Fact]
    public async Task Build_on_a_terminal_shows_its_seconds_and_how_far_it_is()
    {
        FakeRepository("echo '  Core -> /x/Core.dll'; until [ -e go ]; do read -t 0.05 <> <(:) || true; done");
        Outcome outcome = await _sandbox.ShellAsync("""
            export PATH=$PWD/sdk:$PATH TERM=xterm
            until [ -e ended ]; do read -t 0.05 <> <(:) || true; done | { timeout 60 script -qefc './mrctl --version' screen >/dev/null; touch ended; } &
            until grep -q 'building: [1-9][0-9]* s, Core built' screen 2>/dev/null || [ -e ended ]; do read -t 0.05 <> <(:) || true; done
            touch go
            wait $!
            """);
        outcome.Expect(0);
        Assert.Matches(@"(?s)building: [1-9]\d* s, Core built.*\r\x1b\[2Kmrctl: built in \d+ s\r\nran --version", File.ReadAllText(_sandbox["screen"]));
    }

    [Fact]
    public async Task Build_that_fails_shows_all_that_it_said()
    {
        FakeRepository("for n in $(seq 300); do echo \"a.cs($n,1): error CS1002: ; expected\"; done; exit 1");
        Outcome outcome = (await _sandbox.ShellAsync("PATH=$PWD/sdk:$PATH; ./mrctl --version")).ExpectError(3, "the build failed after", "artifacts/mrctl.log");
        Assert.Equal(300, outcome.Error.Split("error CS1002").Length - 1);
        Assert.Empty(outcome.Output);
        Assert.Empty(Directory.GetFiles(_sandbox["artifacts"], "began.*"));
    }

    [Fact]
    public async Task Readme_first_command_prints_the_samples_result()
    {
        string readme = File.ReadAllText(Path.Join(PublishedMrctl.Root, "README.md"));
        string[] block = readme.Split("```")[1].Split('\n')[1..];
        string command = block.First(line => line.StartsWith("./mrctl run", StringComparison.Ordinal));
        Outcome outcome = await _sandbox.ShellAsync($"cd '{PublishedMrctl.Root}' && {command}");
        Assert.Equal(File.ReadAllText(Path.Join(PublishedMrctl.Root, "samples/word-count/expected/result.tsv")), outcome.Expect(0).Text);
    }

    /// <summary>A folder with the launcher and an SDK whose build does this, and then makes a program that tells its arguments.</summary>
    private void FakeRepository(string build)
    {
        File.Copy(PublishedMrctl.Launcher, _sandbox["mrctl"]);
        _sandbox.Script("sdk/dotnet", $$"""
            #!/bin/bash
            {{build}}
            while [ "$1" != -o ]; do shift; done
            mkdir -p "$2"
            printf '#!/bin/sh\necho ran "$@"\n' > "$2/mrctl"
            chmod +x "$2/mrctl"
            """);
    }
}
