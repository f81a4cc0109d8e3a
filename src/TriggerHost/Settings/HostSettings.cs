using System.Globalization;
using Katanemimena.Core;
using Microsoft.Extensions.Configuration;

namespace Katanemimena.TriggerHost;

/// <summary>What <c>host.json</c> says, as far as it matters here; each may be overridden by <c>AzureFunctionsJobHost__…</c> in the environment.</summary>
/// <remarks>Names, defaults and ranges are the runtime's (Azure Functions, host.json reference; queues: Storage extension 5.x).</remarks>
public sealed record HostSettings
{
    /// <summary>Before the routes of HTTP functions; default <c>api</c>.</summary>
    public string RoutePrefix { get; init; } = "api";

    /// <summary>Messages received at once; default 16, 1 to 32.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>More are received once no more than this many are in hand; default half of <see cref="BatchSize"/> for each processor. At most the sum of both is in hand of one function.</summary>
    public int NewBatchThreshold { get; init; } = 8 * Environment.ProcessorCount;

    /// <summary>Longest pause between two looks at an empty queue; default 1 min, at least 100 ms.</summary>
    public TimeSpan MaxPollingInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Deliveries before a message goes to the poison queue; default 5, 1 or more.</summary>
    public int MaxDequeueCount { get; init; } = 5;

    /// <summary>Pause before a failed message is seen again; default none.</summary>
    public TimeSpan VisibilityTimeout { get; init; } = TimeSpan.Zero;

    /// <summary>How long the runtime lets an invocation last before it kills the process; default 30 min; null for ever.</summary>
    public TimeSpan? FunctionTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long an invocation may last here: nine tenths of <see cref="FunctionTimeout"/>, so that it fails by itself before the runtime kills all that is in flight.</summary>
    public TimeSpan? Deadline => FunctionTimeout * 0.9;

    /// <summary>The configuration of an app: its <c>host.json</c> under <c>AzureFunctionsJobHost</c>, then the environment.</summary>
    /// <exception cref="PermanentFault">The file is missing or no JSON.</exception>
    public static IConfiguration Configuration(string appFolder)
    {
        string path = Path.GetFullPath(Path.Join(appFolder, "host.json"));
        try
        {
            IConfiguration file = new ConfigurationBuilder().AddJsonFile(path, optional: false).Build();
            return new ConfigurationBuilder()
                .AddInMemoryCollection(file.AsEnumerable().Select(setting => KeyValuePair.Create($"AzureFunctionsJobHost:{setting.Key}", setting.Value)))
                .AddEnvironmentVariables()
                .Build();
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new PermanentFault($"{path}: {(e.InnerException ?? e).Message}", e);
        }
    }

    /// <summary>Reads them.</summary>
    /// <exception cref="PermanentFault">One is out of range; the message names it.</exception>
    public static HostSettings Read(IConfiguration configuration)
    {
        IConfigurationSection host = configuration.GetSection("AzureFunctionsJobHost");
        IConfigurationSection queues = host.GetSection("extensions:queues");
        var defaults = new HostSettings();
        int batch = Number(queues, "batchSize", defaults.BatchSize, 1, 32);
        return new HostSettings
        {
            RoutePrefix = host["extensions:http:routePrefix"] ?? defaults.RoutePrefix,
            BatchSize = batch,
            NewBatchThreshold = Number(queues, "newBatchThreshold", batch / 2 * Environment.ProcessorCount, 0, 1_000),
            MaxPollingInterval = Time(queues, "maxPollingInterval", defaults.MaxPollingInterval, TimeSpan.FromMilliseconds(100)),
            MaxDequeueCount = Number(queues, "maxDequeueCount", defaults.MaxDequeueCount, 1, int.MaxValue),
            VisibilityTimeout = Time(queues, "visibilityTimeout", defaults.VisibilityTimeout, TimeSpan.Zero),
            FunctionTimeout = host["functionTimeout"] == "-1" ? null : Time(host, "functionTimeout", defaults.FunctionTimeout!.Value, TimeSpan.FromSeconds(1)),
        };
    }

    private static int Number(IConfigurationSection section, string name, int otherwise, int least, int most) =>
        section[name] is not { Length: > 0 } text ? otherwise
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most ? number
        : throw new PermanentFault($"{section.Path}:{name} is '{text}'; a number from {least} to {most} is wanted");

    private static TimeSpan Time(IConfigurationSection section, string name, TimeSpan otherwise, TimeSpan least) =>
        section[name] is not { Length: > 0 } text ? otherwise
        : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out TimeSpan time) && time >= least ? time
        : throw new PermanentFault($"{section.Path}:{name} is '{text}'; a time such as 00:00:30, {least} or more, is wanted");
}
