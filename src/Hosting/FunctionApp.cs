using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Katanemimena.Core;
using Katanemimena.TriggerHost;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Katanemimena.Hosting;

/// <summary>Runs an app of functions: under the Functions runtime as its custom handler, elsewhere with the built-in triggers.</summary>
public static class FunctionApp
{
    /// <summary>The argument of a worker that ends when there is nothing to do.</summary>
    public const string UntilEmpty = "--until-empty";

    private const string DefaultUrl = "http://127.0.0.1:7071";
    private const string ExitMessage = "katanemimena: error: ";
    private static readonly TimeSpan s_startTries = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan s_startPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(10);

    /// <summary>Runs an app of a cluster until it is told to stop; or, with <c>--until-empty</c>, until its queues have had nothing for it for a while; or, with
    /// <c>--create-queues</c>, makes the queues and ends.</summary>
    /// <param name="arguments">Of the command line.</param>
    /// <param name="queues">All queues of an installation.</param>
    /// <param name="start">Makes the app's functions; what they need is started then.</param>
    /// <returns>Exit code: never 0 under the runtime, which would not start the app again; 2 for arguments that are not understood.</returns>
    public static async Task<int> RunAsync(string[] arguments, IReadOnlyList<string> queues, AppStart start)
    {
        switch (arguments)
        {
            case []:
            case [UntilEmpty]:
                return await RunAsync(
                    HostSettings.Configuration(System.AppContext.BaseDirectory),
                    configuration => new ClusterMember(ClusterSettings.Read(configuration), TimeProvider.System),
                    [start],
                    untilEmpty: arguments.Length > 0);
            case [QueueCreation.Argument]:
                return await GuardAsync(async () =>
                {
                    await QueueCreation.RunAsync(HostSettings.Configuration(System.AppContext.BaseDirectory), queues, TimeProvider.System);
                    return 0;
                });
            default:
                await Console.Error.WriteLineAsync($"{ExitMessage}'{string.Join(' ', arguments)}' is not understood; {UntilEmpty}, {QueueCreation.Argument} or nothing is");
                return 2;
        }
    }

    /// <summary>Runs one or more apps in this process until it is told to stop.</summary>
    /// <param name="configuration">host.json and all settings.</param>
    /// <param name="open">Opens store, queues and volume.</param>
    /// <param name="starts">Make the apps' functions, in this order; ended in the other.</param>
    /// <param name="untilEmpty">Whether it ends by itself, with 0, once no message has come for ten seconds and none is in hand; not under the runtime.</param>
    /// <param name="listening">Told of the addresses once they are listened on; not under the runtime.</param>
    /// <returns>Exit code.</returns>
    public static Task<int> RunAsync(
        IConfiguration configuration, Func<IConfiguration, Member> open, IReadOnlyList<AppStart> starts, Action<IEnumerable<string>>? listening = null, bool untilEmpty = false) =>
        GuardAsync(async () =>
        {
            int? port = CustomHandlerProcess.Port();
            using Member member = open(configuration);
            var context = new AppContext(configuration, HostSettings.Read(configuration), EnabledFunctions.Read(configuration), member) { BehindRuntime = port is not null };
            await using WebApplication app = Build(context, port, out ILogger log);
            context = context with { Log = log };
            RequireFree(Urls(configuration), port);
            await using var apps = new StartedApps();
            foreach (AppStart start in starts)
            {
                apps.Add(await StartAsync(context, start, app.Lifetime.ApplicationStopping));
            }

            apps.Configure(app);
            await RunAsync(app, listening, untilEmpty, apps.Measured(member.Time).Only(context.Enabled), context, port);
            return port is null ? 0 : CustomHandlerProcess.ExitCodeOfRestart;
        });

    /// <summary>Finds out that an address is taken before anything is made that is shown once, such as the first admin's password.</summary>
    private static void RequireFree(IEnumerable<string> urls, int? port)
    {
        foreach (Uri url in port is null ? urls.Select(text => Uri.TryCreate(text, UriKind.Absolute, out Uri? url) ? url : null).OfType<Uri>() : [])
        {
            if (!IPAddress.TryParse(url.DnsSafeHost, out IPAddress? address) || url.Port == 0)
            {
                continue; // A name, or any port: the server itself finds out.
            }

            using var listener = new TcpListener(address, url.Port);
            try
            {
                listener.Start();
            }
            catch (SocketException error)
            {
                throw new PermanentFault($"cannot listen on {url.GetLeftPart(UriPartial.Authority)}: {error.Message}; give another address") { OfMachine = true };
            }
        }
    }

    private static string[] Urls(IConfiguration configuration) =>
        (configuration["ASPNETCORE_URLS"] is { Length: > 0 } urls ? urls : DefaultUrl).Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static async Task<int> GuardAsync(Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (Exception error) when (error is PermanentFault or TransientFault)
        {
            await Console.Error.WriteLineAsync(ExitMessage + error.Message);
            return 1;
        }
    }

    private static async Task EndWhenIdleAsync(WebApplication app, BuiltInTriggers triggers, TimeProvider time)
    {
        CancellationToken stopping = app.Lifetime.ApplicationStopping;
        while (triggers.IdleFor < s_idle && !stopping.IsCancellationRequested)
        {
            await Task.Delay(s_startPause, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        app.Lifetime.StopApplication();
    }

    private static WebApplication Build(AppContext context, int? port, out ILogger log)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = System.AppContext.BaseDirectory });
        builder.Configuration.AddConfiguration(context.Configuration);
        // Not a line or two a request: metrics count them, and addresses of requests are their callers' business.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);

        // Why it cannot listen is said in one sentence, not with a trace as well.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = Drain(context.Configuration));
        if (port is { } given)
        {
            builder.WebHost.ConfigureKestrel(kestrel => CustomHandlerProcess.Listen(kestrel, given));
        }
        else
        {
            builder.WebHost.ConfigureKestrel(ServerLimits.Apply);
            builder.WebHost.UseUrls(Urls(context.Configuration));
        }

        WebApplication app = builder.Build();
        log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Katanemimena");
        return app;
    }

    /// <summary>A store or queue that is not up yet, as when a whole cluster starts, is waited for; less long than the runtime waits for an app.</summary>
    private static async ValueTask<IAppFunctions> StartAsync(
        AppContext context, AppStart start, CancellationToken stop)
    {
        long begun = context.Member.Time.GetTimestamp();
        while (true)
        {
            try
            {
                return await start(context, stop);
            }
            catch (TransientFault fault) when (context.Member.Time.GetElapsedTime(begun) < s_startTries)
            {
                context.Log.LogWarning("not ready to start: {Reason}; it is tried again", fault.Message);
                await Task.Delay(s_startPause, context.Member.Time, stop);
            }
        }
    }

    private static async Task RunAsync(WebApplication app, Action<IEnumerable<string>>? listening, bool untilEmpty, FunctionCatalogue catalogue, AppContext context, int? port)
    {
        app.MapHttpFunctions(catalogue, context.Host);
        if (port is not null)
        {
            app.MapInvocations(catalogue, context.Host, context.Member.Time, context.Log, app.Lifetime.ApplicationStopping);
            await app.RunAsync();
            return;
        }

        using var triggers = new BuiltInTriggers(
            catalogue, context.Member.Queue, context.Host, context.Member.Time, app.Services.GetRequiredService<ILogger<BuiltInTriggers>>());
        await ListenAsync(app);
        await triggers.StartAsync(CancellationToken.None);
        listening?.Invoke(app.Urls);
        if (untilEmpty)
        {
            _ = EndWhenIdleAsync(app, triggers, context.Member.Time);
        }

        await app.WaitForShutdownAsync();
        using var drain = new CancellationTokenSource(Drain(context.Configuration));
        await triggers.StopAsync(drain.Token);
    }

    /// <exception cref="PermanentFault">An address cannot be listened on.</exception>
    private static async Task ListenAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
        }
        catch (Exception e) when (e is IOException or SocketException or FormatException)
        {
            throw new PermanentFault($"cannot listen: {e.Message.TrimEnd('.')}; give another address") { OfMachine = true };
        }
    }

    /// <summary>How long tasks may still run after the app was told to stop: <c>DRAIN_TIMEOUT</c>, default 5 min.</summary>
    private static TimeSpan Drain(IConfiguration configuration) =>
        configuration["DRAIN_TIMEOUT"] is not { Length: > 0 } text ? TimeSpan.FromMinutes(5)
        : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out TimeSpan drain) && drain >= TimeSpan.Zero && drain < TimeSpan.FromDays(1) ? drain
        : throw new PermanentFault($"DRAIN_TIMEOUT is '{text}'; a time such as 00:05:00 is wanted");

    private sealed class StartedApps : IAsyncDisposable
    {
        private readonly List<IAppFunctions> _apps = [];

        public void Add(IAppFunctions app) => _apps.Add(app);

        public void Configure(IApplicationBuilder server) => _apps.ForEach(app => app.Configure(server));

        /// <summary>All functions, each measured by instruments of its app.</summary>
        public FunctionCatalogue Measured(TimeProvider time) => new(_apps.SelectMany(app => new MeasuredFunctions(app.Meter, time).Of(app.Catalogue).Functions));

        public async ValueTask DisposeAsync()
        {
            foreach (IAppFunctions app in Enumerable.Reverse(_apps))
            {
                await app.DisposeAsync();
            }
        }
    }
}
