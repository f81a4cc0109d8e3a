using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Katanemimena.Tests.EndToEnd.Running;

/// <summary>One running mrctl.</summary>
public sealed partial class Mrctl : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly Task<byte[]> _output;
    private readonly Task _errorEnd;
    private readonly StringBuilder _error = new();

    private Mrctl(Process process, byte[]? input)
    {
        _process = process;
        _output = Task.Factory.StartNew(ReadOutput, TaskCreationOptions.LongRunning);
        _errorEnd = Task.Factory.StartNew(ReadError, TaskCreationOptions.LongRunning);
        if (input is not null)
        {
            _ = Task.Factory.StartNew(() => Feed(input), TaskCreationOptions.LongRunning);
        }
    }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool Ended => _process.HasExited;

    /// <summary>Standard error so far.</summary>
    public string ErrorSoFar
    {
        get
        {
            lock (_error)
            {
                return _error.ToString();
            }
        }
    }

    /// <summary>Starts a program.</summary>
    /// <param name="program">Full path.</param>
    /// <param name="arguments">Arguments.</param>
    /// <param name="folder">Its current folder.</param>
    /// <param name="environment">Variables to set; null removes one.</param>
    /// <param name="input">Standard input; null for an empty one.</param>
    public static Mrctl Start(string program, IEnumerable<string> arguments, string folder, IReadOnlyDictionary<string, string?> environment, byte[]? input)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string? value) in environment)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        if (input is null)
        {
            process.StandardInput.Close();
        }

        return new Mrctl(process, input);
    }

    /// <summary>Sends a signal to it alone.</summary>
    public void Signal(int number) => Assert.Equal(0, SendSignal(Id, number));

    /// <summary>Sends a signal again and again until it has ended.</summary>
    public Task SignalUntilEndedAsync(int number) => Sandbox.UntilAsync(
        () =>
        {
            if (!Ended)
            {
                _ = SendSignal(Id, number);
            }

            return Ended;
        },
        "it ended");

    /// <summary>Waits until a condition holds while it runs; its early end is a failure.</summary>
    public Task UntilAsync(Func<bool> condition, string what) => Sandbox.UntilAsync(
        () =>
        {
            bool holds = condition();
            Assert.True(holds || !Ended, $"mrctl ended before {what}; standard error:\n{ErrorSoFar}");
            return holds;
        },
        what);

    /// <summary>Waits for its end.</summary>
    public async Task<Outcome> EndAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            Assert.Fail($"mrctl did not end within {Limit}; standard error:\n{ErrorSoFar}");
        }

        byte[] output = await _output.WaitAsync(Limit);
        await _errorEnd.WaitAsync(Limit);
        return new Outcome(_process.ExitCode, output, ErrorSoFar);
    }

    /// <summary>Ends it if it still runs.</summary>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private byte[] ReadOutput()
    {
        using var all = new MemoryStream();
        _process.StandardOutput.BaseStream.CopyTo(all);
        return all.ToArray();
    }

    private void ReadError()
    {
        char[] block = new char[4096];
        while (_process.StandardError.Read(block) is > 0 and var read)
        {
            lock (_error)
            {
                _error.Append(block, 0, read);
            }
        }
    }

    private void Feed(byte[] input)
    {
        try
        {
            _process.StandardInput.BaseStream.Write(input);
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It did not want all of it.
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
