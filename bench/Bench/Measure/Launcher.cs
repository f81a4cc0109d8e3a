using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Katanemimena.Bench.Measure;

/// <summary>What one run took.</summary>
/// <param name="Seconds">From start to exit, by the clock.</param>
/// <param name="CpuSeconds">User and system time of the whole process tree.</param>
/// <param name="PeakBytes">Most anonymous memory that the tree held, looked at every 50 ms.</param>
/// <param name="ExitCode">128 + n for signal n.</param>
internal sealed record Run(double Seconds, double CpuSeconds, long PeakBytes, int ExitCode);

/// <summary>Runs a shell command and measures the tree of its processes. One at a time.</summary>
internal static unsafe class Launcher
{
    private static readonly TimeSpan SampleEvery = TimeSpan.FromMilliseconds(50);

    /// <param name="command">For bash; ends with an exec of the program where there is only one.</param>
    /// <param name="timeout">After which the tree is killed.</param>
    /// <param name="settled">Whether what earlier runs wrote is brought to the disk first, so that it is not paid for in this run.</param>
    public static Run Run(string command, TimeSpan timeout, bool settled = false)
    {
        Native.AdoptOrphans();
        if (settled)
        {
            Native.Sync();
        }

        var clock = Stopwatch.StartNew();
        var main = Spawn(["/bin/bash", "-c", command]);
        using var ended = new ManualResetEventSlim();
        var peak = 0L;
        var sampler = new Thread(() => peak = Sample(ended, timeout));
        sampler.Start();
        Wait(main, out var status, out var usage);
        var seconds = clock.Elapsed.TotalSeconds;
        ended.Set();
        sampler.Join();
        var cpu = usage.User.Total + usage.System.Total + ReapRest();
        return new Run(seconds, cpu, peak, (status & 127) is var signal and not 0 ? 128 + signal : (status >> 8) & 255);
    }

    private static long Sample(ManualResetEventSlim ended, TimeSpan timeout)
    {
        var clock = Stopwatch.StartNew();
        var peak = 0L;
        do
        {
            peak = Math.Max(peak, ProcessTree.AnonymousBytes());
            if (clock.Elapsed > timeout)
            {
                KillRest();
            }
        }
        while (!ended.Wait(SampleEvery));
        return peak;
    }

    private static int Spawn(string[] arguments)
    {
        var environment = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .Where(variable => (string)variable.Key is not ("PYTHONUNBUFFERED" or "LC_ALL"))
            .Select(variable => $"{variable.Key}={variable.Value}").Append("LC_ALL=C.UTF-8").ToArray();
        var argumentBlock = Block(arguments);
        var environmentBlock = Block(environment);
        try
        {
            var error = Native.Spawn(out var process, arguments[0], 0, 0, argumentBlock, environmentBlock);
            return error == 0 ? process : throw new InvalidOperationException($"{arguments[0]} cannot be started: error {error}");
        }
        finally
        {
            Free(argumentBlock);
            Free(environmentBlock);
        }
    }

    private static void Wait(int process, out int status, out Native.Usage usage)
    {
        while (Native.Wait(process, out status, 0, out usage) < 0)
        {
            if (Marshal.GetLastPInvokeError() != 4)
            {
                throw new InvalidOperationException($"wait4 failed with error {Marshal.GetLastPInvokeError()}");
            }
        }
    }

    /// <summary>Ends what the command left running, and adds its time.</summary>
    private static double ReapRest()
    {
        KillRest();
        var seconds = 0.0;
        while (Native.Wait(-1, out _, 0, out var usage) > 0)
        {
            seconds += usage.User.Total + usage.System.Total;
        }

        return seconds;
    }

    private static void KillRest()
    {
        foreach (var process in ProcessTree.Descendants())
        {
            _ = Native.Signal(process, Native.Kill);
        }
    }

    private static byte** Block(string[] strings)
    {
        var block = (byte**)NativeMemory.AllocZeroed((nuint)(strings.Length + 1), (nuint)sizeof(byte*));
        for (var i = 0; i < strings.Length; i++)
        {
            block[i] = (byte*)Marshal.StringToCoTaskMemUTF8(strings[i]);
        }

        return block;
    }

    private static void Free(byte** block)
    {
        for (var next = block; *next != null; next++)
        {
            Marshal.FreeCoTaskMem((nint)(*next));
        }

        NativeMemory.Free(block);
    }
}
