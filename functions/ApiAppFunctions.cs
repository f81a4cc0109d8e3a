using System.Diagnostics.Metrics;
using Katanemimena.Access;
using Katanemimena.Api;
using Katanemimena.Hosting;
using Katanemimena.Orchestration;
using Katanemimena.Service;
using Katanemimena.TriggerHost;
using Katanemimena.Wire;
using Microsoft.AspNetCore.Builder;
using AppContext = Katanemimena.Hosting.AppContext;

namespace Katanemimena.Functions;

/// <summary>The functions of this app, with the accounts and the manager that they stand on.</summary>
public sealed class ApiAppFunctions : IAppFunctions
{
    /// <summary>Functions that work without accounts, and so without the key-encryption key.</summary>
    private static readonly string[] s_withoutAccounts = ["Manager", "Reconcile", "StagePoison", "Health", "Ready", "OpenApi"];

    private static readonly QueueNames s_queues = new();

    private readonly MetricsExposition _metrics;
    private AccessParts? _access;
    private ManagerNode? _manager;

    private ApiAppFunctions(AppContext context, ApiSettings settings, CancellationToken stop)
    {
        Member member = context.Member;
        Meter = context.NewMeter();
        _metrics = new MetricsExposition(Meter);
        var parts = new ApiParts
        {
            AccessSource = () => _access ?? throw new InvalidOperationException("no function that needs accounts runs on this instance"),
            Store = member.Store,
            Queue = member.Queue,
            Volume = member.Volume,
            ProcessName = member.ProcessName("api"),
            Time = member.Time,
            Quota = settings.Quota,
            DatafilesMax = settings.DatafilesMax,
            Used = async (user, cancellation) => new QuotaDocument(
                await new JobRegister(member.Store).OpenAsync(user, cancellation),
                await new DatafileStore(member.Store, member.Volume, member.Time).StoredBytesAsync(user, cancellation)),
            Address = settings.Address,
            MetricsToken = settings.MetricsToken,
            Metrics = _metrics,
            Log = context.Log,
        };
        Catalogue = CatalogueOf(parts, Jobs(context, parts, settings, stop), () => _manager ?? throw new InvalidOperationException("no function of the manager runs on this instance"));
    }

    /// <summary>All queues of an installation: those of functions, and where their messages go that fail at every delivery.</summary>
    public static IReadOnlyList<string> Queues { get; } =
        [.. QueueListener.WithPoison(SubmitQueue.Name, s_queues.Stage, s_queues.MapTasks, s_queues.ReduceTasks)];

    /// <inheritdoc/>
    public Meter Meter { get; }

    /// <inheritdoc/>
    public FunctionCatalogue Catalogue { get; }

    /// <summary>All functions of the app.</summary>
    /// <param name="parts">What the endpoints stand on.</param>
    /// <param name="jobs">What those of jobs stand on.</param>
    /// <param name="manager">Gives the manager; asked when a function of it is called.</param>
    public static FunctionCatalogue CatalogueOf(ApiParts parts, JobEndpointParts jobs, Func<ManagerNode> manager) => new(
    [
        .. new ApiFunctions(() => parts.Access.AccessTokens, parts.Log, parts.MetricsToken).Of(OpenApiDocument.Describing(
        [
            .. AccessEndpoints.All(parts),
            .. OperationsEndpoints.All(parts),
            .. DatafileEndpoints.All(parts),
            .. JobEndpoints.All(jobs),
        ])),
        .. JobFunctions.All(jobs, () => parts.Access, ClusterSettings.Storage, parts.Log),
        new QueueFunction("Manager", new FunctionTrigger.Queue(s_queues.Stage, ClusterSettings.Storage), (body, cancellation) => manager().HandleStageAsync(body, cancellation)),
        new TimerFunction("Reconcile", new FunctionTrigger.Timer(TimerSchedule.Parse("*/5 * * * * *")), cancellation => manager().ReconcileAsync(cancellation)),
        new TimerFunction("Sweep", new FunctionTrigger.Timer(TimerSchedule.Parse("0 */1 * * * *")), Sweep(parts, jobs.Jobs.Parts.CodeFolder)),
    ]);

    /// <summary>Starts what the functions need that run on this instance: who runs none of the manager's is given no jobs, who runs none that needs accounts reads no key.</summary>
    public static async ValueTask<IAppFunctions> StartAsync(AppContext context, CancellationToken cancellation)
    {
        var settings = ApiSettings.Read(context.Configuration, context.BehindRuntime);
        var app = new ApiAppFunctions(context, settings, cancellation);
        try
        {
            if (app.Catalogue.Functions.Any(function => context.Enabled.Runs(function.Name) && !s_withoutAccounts.Contains(function.Name)))
            {
                await app.OpenAccountsAsync(context, settings, cancellation);
            }

            if (context.Enabled.Runs("Manager") || context.Enabled.Runs("Reconcile"))
            {
                app._manager = await StartManagerAsync(context, cancellation);
            }

            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Configure(IApplicationBuilder server) => server.UseProblemsForUnmatchedPaths();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_manager is not null)
        {
            await _manager.DisposeAsync();
        }

        _access?.Dispose();
        _metrics.Dispose();
        Meter.Dispose();
    }

    /// <summary>What operations on jobs stand on: datafiles, and limits by account.</summary>
    private static JobEndpointParts Jobs(AppContext context, ApiParts parts, ApiSettings settings, CancellationToken stop)
    {
        var jobs = new JobServices(new JobParts
        {
            Store = parts.Store,
            Queue = parts.Queue,
            Volume = parts.Volume,
            Data = new DatafileJobData(parts.Datafiles),
            CodeFolder = context.Member.CodeFolder,
            ProcessName = context.Member.ProcessName("jobs"),
            Time = parts.Time,
            WorkersPlanned = settings.WorkersPlanned,
            Report = context.Report,
            Stop = stop,
        });
        return new JobEndpointParts(jobs, parts.StandingAsync);
    }

    /// <summary>Sweeps accounts and datafiles; trouble with the ones keeps the others from nothing.</summary>
    private static Func<CancellationToken, ValueTask> Sweep(ApiParts parts, string codeFolder)
    {
        var datafiles = new DatafileSweeper(parts.Store, parts.Volume, parts.Time, parts.Report, codeFolder);
        return async cancellation =>
        {
            try
            {
                await parts.Access.Sweeper.SweepAsync(cancellation);
            }
            finally
            {
                await datafiles.SweepAsync(cancellation);
            }
        };
    }

    private async ValueTask OpenAccountsAsync(AppContext context, ApiSettings settings, CancellationToken cancellation)
    {
        KeyEncryption encryption = ApiSettings.ReadKeyEncryption(context.Configuration);
        _access = new AccessParts(context.Member.Store, encryption, new AccessOptions(), context.Member.Time);
        FirstAdminResult admin = await _access.FirstAdmin.EnsureAsync(settings.AdminName, settings.AdminPassword, cancellation);
        if (admin.GeneratedPassword is { } password)
        {
            // Not through the log, which is kept.
            await Console.Error.WriteLineAsync($"katanemimena: the first admin is '{admin.Name}', with the password {password}; it is not shown again: change it");
        }

        await _access.Sweeper.SweepAsync(cancellation);
    }

    private static ValueTask<ManagerNode> StartManagerAsync(AppContext context, CancellationToken cancellation) => ManagerNode.StartAsync(
        new ManagerParts
        {
            Store = context.Member.Store,
            Queue = context.Member.Queue,
            Volume = context.Member.Volume,
            Manager = context.Member.Name,
            ProcessName = context.Member.ProcessName("manager"),
            Alone = context.Member.Alone,
            Time = context.Member.Time,
            Report = context.Report,
        },
        cancellation);
}
