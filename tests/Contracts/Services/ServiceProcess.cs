using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Katanemimena.Tests.Contracts.Services;

/// <summary>A server that a test starts on a free port of 127.0.0.1, with a folder of its own, and that ends with the test, by its process id.</summary>
public abstract class ServiceProcess : IAsyncDisposable
{
    private const int Kill = 9;
    private const int Stop = 19;
    private const int Continue = 18;
    private const int LogCharactersMax = 64 * 1024;
    private const int PortMin = 20_000;
    private const int Ports = 12_000;

    private static int s_ports = Environment.ProcessId * 97;

    private readonly StringBuilder _log = new();
    private Process? _process;

    /// <summary>The folder it keeps its data in; stays over a restart.</summary>
    public TemporaryFolder Folder { get; } = new();

    /// <summary>What it wrote to standard output and standard error.</summary>
    public string Output
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    /// <summary>Process id.</summary>
    public int Id => Running.Id;

    /// <summary>Whether it was started and has not ended.</summary>
    public bool Runs => _process is { HasExited: false };

    private Process Running => _process ?? throw new InvalidOperationException("it is not running");

    /// <summary>Starts it and waits until it answers.</summary>
    public async Task StartAsync()
    {
        Process process = Launch();
        string program = process.StartInfo.FileName;
        await Waiting.UntilAsync(
            async () =>
            {
                if (process.HasExited)
                {
                    Assert.Fail($"{program} ended while it started:\n{Output}"); // not the log itself, which another thread writes to
                }

                return await AnswersAsync();
            },
            $"{program} answers");
    }

    /// <summary>Starts it, which must end by itself, and waits for its end.</summary>
    /// <returns>Exit code.</returns>
    public async Task<int> RunAsync()
    {
        Launch();
        return await EndedAsync();
    }

    /// <summary>Waits for its end, which must come by itself.</summary>
    /// <returns>Exit code.</returns>
    public async Task<int> EndedAsync()
    {
        await Running.WaitForExitAsync().InTimeAsync();
        int code = Running.ExitCode;
        Running.Dispose();
        _process = null;
        return code;
    }

    /// <summary>Ends it at once, as a crash does.</summary>
    public Task KillAsync() => EndAsync(Kill);

    /// <summary>Ends it at once and starts it again on the same port and folder.</summary>
    public async Task RestartAsync()
    {
        await KillAsync();
        await StartAsync();
    }

    /// <summary>Stops it where it is, until <see cref="Resume"/>.</summary>
    public void Pause() => Signal(Stop);

    /// <summary>Lets it go on after <see cref="Pause"/>.</summary>
    public void Resume() => Signal(Continue);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Runs)
        {
            await KillAsync();
        }

        _process?.Dispose();
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>A port of 127.0.0.1 that is free and was not given before, below those from which the system takes ports for outgoing connections.</summary>
    public static int FreePort()
    {
        while (true)
        {
            int port = PortMin + ((Interlocked.Increment(ref s_ports) & int.MaxValue) % Ports);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Another's; the next one then.
            }
        }
    }

    /// <summary>Whether somebody listens on a port of 127.0.0.1.</summary>
    protected static async Task<bool> ListensAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port).InTimeAsync();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Sends a signal and waits for the end.</summary>
    /// <returns>Exit code.</returns>
    protected async Task<int> EndAsync(int signal)
    {
        Signal(signal);
        await Running.WaitForExitAsync().InTimeAsync();
        int code = Running.ExitCode;
        Running.Dispose();
        _process = null;
        return code;
    }

    /// <summary>How it is started.</summary>
    protected abstract ProcessStartInfo Command();

    /// <summary>Whether it can be used.</summary>
    protected abstract Task<bool> AnswersAsync();

    private Process Launch()
    {
        Assert.Null(_process);
        ProcessStartInfo start = Command();
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Log(line.Data);
        _process.ErrorDataReceived += (_, line) => Log(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        return _process;
    }

    private void Log(string? line)
    {
        lock (_log)
        {
            if (line is not null && _log.Length < LogCharactersMax)
            {
                _log.AppendLine(line);
            }
        }
    }

    private void Signal(int signal) => Assert.Equal(0, Native.Kill(Running.Id, signal));
}
