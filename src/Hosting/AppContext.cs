using Katanemimena.TriggerHost;
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
}

/// <summary>Starts an app's functions, once it is known which run here.</summary>
public delegate ValueTask<IAppFunctions> AppStart(AppContext context, CancellationToken cancellation);
