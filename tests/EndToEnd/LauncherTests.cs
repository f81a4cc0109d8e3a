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
    public async Task Readme_first_command_prints_the_samples_result()
    {
        string readme = File.ReadAllText(Path.Join(PublishedMrctl.Root, "README.md"));
        string[] block = readme.Split("```")[1].Split('\n')[1..];
        string command = block.First(line => line.StartsWith("./mrctl run", StringComparison.Ordinal));
        Outcome outcome = await _sandbox.ShellAsync($"cd '{PublishedMrctl.Root}' && {command}");
        Assert.Equal(File.ReadAllText(Path.Join(PublishedMrctl.Root, "samples/word-count/expected/result.tsv")), outcome.Expect(0).Text);
    }
}
