using System.Text.Json;
using Katanemimena.Tests.Contracts;
using Katanemimena.TriggerHost;
using Microsoft.Extensions.Configuration;

namespace Katanemimena.Tests.Cluster.Runtime;

/// <summary>Plays the side of the Functions runtime: starts an app as its custom handler, and owns its triggers by its <c>function.json</c> and <c>host.json</c> files.</summary>
internal sealed class RuntimeDouble : IAsyncDisposable
{
    private readonly HandlerProcess _handler;
    private readonly HostSettings _settings;
    private readonly string _connection;
    private readonly RuntimeInvoker _invoker;
    private readonly CancellationTokenSource _stop = new();
    private readonly bool _doubles;
    private RuntimeFront? _front;
    private Task _loops = Task.CompletedTask;

    /// <param name="app">The app, as in <see cref="Running.AppProcess"/>.</param>
    /// <param name="settings">Its environment.</param>
    /// <param name="doubles">Whether every message is delivered twice at once.</param>
    public RuntimeDouble(string app, IReadOnlyDictionary<string, string> settings, bool doubles = false)
    {
        _handler = new HandlerProcess(app, settings);
        _connection = settings["AzureWebJobsStorage"];
        _invoker = new RuntimeInvoker(_handler.Port);
        _doubles = doubles;
        IConfiguration overridden = new ConfigurationBuilder()
            .AddConfiguration(HostSettings.Configuration(_handler.Root))
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key.Replace("__", ":", StringComparison.Ordinal), (string?)setting.Value)))
            .Build();
        _settings = HostSettings.Read(overridden);
        Enabled = EnabledFunctions.Read(overridden);
    }

    /// <summary>Posts invocations, and knows which answers were wrong.</summary>
    public RuntimeInvoker Invoker => _invoker;

    /// <summary>Where clients reach the HTTP functions.</summary>
    public Uri Address => _front!.Address;

    private EnabledFunctions Enabled { get; }

    /// <summary>Starts the app, then its triggers.</summary>
    public async Task StartAsync()
    {
        await _handler.StartAsync();
        List<FunctionFile> files = [.. FunctionFile.ReadAll(_handler.Root).Where(file => Enabled.Runs(file.Name))];
        _front = await RuntimeFront.StartAsync(files, _settings, _handler.Port);
        _loops = Task.WhenAll(files.Select(Loop));
    }

    /// <summary>Kills the app as the runtime does, at any moment, and starts it again on the same port.</summary>
    public Task RestartHandlerAsync() => _handler.RestartAsync();

    /// <summary>Takes the whole pod away: the triggers with all they had in flight, which stays hidden in the queue, and the app.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _handler.DisposeAsync();
        await _loops.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_front is not null)
        {
            await _front.DisposeAsync();
        }

        _invoker.Dispose();
        _stop.Dispose();
    }

    private Task Loop(FunctionFile file) => file.Trigger switch
    {
        FunctionTrigger.Queue queue => new RuntimeListener(file.Name, Binding(file.Name), queue.Name, _connection, _settings, _invoker) { Doubles = _doubles }.RunAsync(_stop.Token),
        FunctionTrigger.Timer timer => TimerAsync(file.Name, timer.Schedule),
        _ => Task.CompletedTask,
    };

    private string Binding(string function)
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Join(_handler.Root, function, "function.json")));
        return file.RootElement.GetProperty("bindings")[0].GetProperty("name").GetString()!;
    }

    private async Task TimerAsync(string function, TimerSchedule schedule)
    {
        string binding = Binding(function);
        while (!_stop.IsCancellationRequested)
        {
            await Waiting.PassAsync(schedule.UntilNext(TimeProvider.System.GetUtcNow()), _stop.Token);
            if (!_stop.IsCancellationRequested)
            {
                byte[] body = JsonSerializer.SerializeToUtf8Bytes(new { Data = new Dictionary<string, object> { [binding] = new { Schedule = new { AdjustForDST = true }, IsPastDue = false } }, Metadata = new { sys = new { MethodName = function } } });
                await ((Task)_invoker.InvokeAsync(function, body, _stop.Token)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
