using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd;

/// <summary>The rows of a running job on a terminal, and the lines elsewhere.</summary>
public sealed class TerminalTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public TerminalTests()
    {
        _sandbox.Write("data.txt", "a b\n");
        _sandbox.Write("gate.py", "import os, time\nhere = os.path.dirname(os.path.abspath(__file__))\ndef map(key, line):\n    while not os.path.exists(os.path.join(here, 'open')): time.sleep(0.01)\n    yield line, 1\n");
    }

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData(80, "########################")]
    [InlineData(40, "######")]
    public async Task Rows_fit_the_terminal_and_say_how_long_a_stage_without_progress_has_taken(int columns, string bar)
    {
        string[] rows = await RowsAsync(columns, "0/1 tasks 0 %");
        Assert.All(rows, row => Assert.InRange(row.Length, 0, columns - 1));
        Assert.Contains(rows, row => row.StartsWith($"submit   {bar} ", StringComparison.Ordinal));
        Assert.Contains(rows, row => row.StartsWith($"map      {bar.Replace('#', '.')} 0/1 tasks 0 %{(columns < 80 ? "" : ", ")}", StringComparison.Ordinal));
        Assert.Equal(columns >= 80, rows.Any(row => row.EndsWith(" so far", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Keys_that_the_terminal_echoes_do_not_shift_the_rows()
    {
        string screen = await ScreenAsync(80, "0/1 tasks 0 %");
        Assert.Contains("\x1b[6A", screen, StringComparison.Ordinal);
        Assert.Equal(screen.Split("\x1b[6A").Length, screen.Split("\r\x1b[6A").Length);
    }

    [Fact]
    public async Task Line_of_a_stage_without_progress_says_how_long_it_has_taken()
    {
        using Mrctl mrctl = _sandbox.Start(null, "run", "--data", "data.txt", "--mapper", "gate.py");
        await mrctl.UntilAsync(() => mrctl.ErrorSoFar.Contains("mrctl: map 0/1 tasks 0 %, 4 B read, ", StringComparison.Ordinal), "a line about the mapper, and that it has read its input");
        _sandbox.Write("open", "");
        (await mrctl.EndAsync()).Expect(0);
    }

    private async Task<string[]> RowsAsync(int columns, string until) =>
        [.. (await ScreenAsync(columns, until)).Split('\n').Where(line => line.Contains("\x1b[2K", StringComparison.Ordinal)).Select(line => line[(line.LastIndexOf("\x1b[2K", StringComparison.Ordinal) + 4)..].TrimEnd('\r'))];

    /// <summary>What mrctl sends to a terminal, from its start to its end; the mapper is let go once it has said something twice.</summary>
    private async Task<string> ScreenAsync(int columns, string until)
    {
        Outcome outcome = await _sandbox.ShellAsync($$"""
            export TERM=xterm LC_ALL=C
            script -qefc 'stty cols {{columns}} rows 24; mrctl run --data data.txt --mapper gate.py' screen >/dev/null &
            until [ -e screen ] && [ "$(grep -c '{{until}}' screen)" -ge 2 ]; do read -t 0.05 <> <(:) || true; done
            touch open
            wait $!
            """);
        outcome.Expect(0);
        return await File.ReadAllTextAsync(_sandbox["screen"]);
    }
}
