using System.Diagnostics.Metrics;
using Katanemimena.TriggerHost;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Katanemimena.Hosting;

/// <summary>What an app is started with.</summary>
/// <param name="Configuration">host.json and the environment.</param>
/// <param name="Host">The runtime's settings.</param>
/// <param name="Enabled">Which functions run here.</param>
/// <param name="Member">Store, queues and volume.</param>
public sealed record AppContext(IConfiguration Configuration, HostSettings Host, EnabledFunctions Enabled, Member Member)
{
    /// <summary>Whether the Functions runtime calls: then every request comes from this machine.</summary>
    public bool BehindRuntime { get; init; }

    /// <summary>Makes a meter for an app. Those of all apps of a process have the same scope, so that one of them can show what all measured.</summary>
    public Meter NewMeter() => new(new MeterOptions("Katanemimena") { Scope = Member });

    /// <summary>The app's log.</summary>
    public ILogger Log { get; init; } = Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

    /// <summary>Tells the log of a fault that was met and got over.</summary>
    public void Report(string where, Exception fault) => Log.LogWarning(fault, "{Where}: a fault was met and is got over", where);
}

/// <summary>An app's functions with what they stand on, which ends when disposed of.</summary>
public interface IAppFunctions : IAsyncDisposable
{
    /// <summary>All functions of the app.</summary>
    FunctionCatalogue Catalogue { get; }

    /// <summary>Where the app's instruments are; ends with it.</summary>
    Meter Meter { get; }

    /// <summary>Sets what goes before the functions; nothing by default.</summary>
    void Configure(IApplicationBuilder server)
    {
    }
}

/// <summary>Starts an app's functions, once it is known which run here.</summary>
public delegate ValueTask<IAppFunctions> AppStart(AppContext context, CancellationToken cancellation);
