using Katanemimena.Bench.Measure;

namespace Katanemimena.Tests.Bench;

public sealed class LauncherTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    [Fact]
    public void Time_of_grandchildren_counts_even_when_their_parent_is_gone()
    {
        const string burn = "i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done";
        Run alone = Launcher.Run(burn, Limit);
        Run orphaned = Launcher.Run($"mkfifo /tmp/launcher-$$; (bash -c '{burn}; echo > /tmp/launcher-'$$ &) ; read < /tmp/launcher-$$; rm /tmp/launcher-$$", Limit);
        Assert.True(orphaned.CpuSeconds > alone.CpuSeconds / 3, $"{orphaned.CpuSeconds} s for {alone.CpuSeconds} s");
    }

    [Fact]
    public void Memory_is_that_of_all_processes_together()
    {
        const string hold = "python3 -c 'x = bytearray(100 << 20); import time; time.sleep(1)'";
        Run run = Launcher.Run($"{hold} & {hold} & wait", Limit);
        Assert.InRange(run.PeakBytes >> 20, 200, 280);
    }

    [Theory]
    [InlineData("exit 3", 3)]
    [InlineData("kill -9 $$", 137)]
    public void The_exit_code_is_told(string command, int expected) => Assert.Equal(expected, Launcher.Run(command, Limit).ExitCode);

    [Fact]
    public void A_command_that_takes_too_long_is_killed_with_all_below_it()
    {
        Run run = Launcher.Run("sleep 100 & sleep 100", TimeSpan.FromMilliseconds(100));
        Assert.NotEqual(0, run.ExitCode);
        Assert.Empty(ProcessTree.Descendants());
    }
}
