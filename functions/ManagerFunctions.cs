using Katanemimena.Hosting;
using Katanemimena.Orchestration;
using Katanemimena.TriggerHost;
using AppContext = Katanemimena.Hosting.AppContext;

namespace Katanemimena.Functions;

/// <summary>The functions of this app and the manager they stand on.</summary>
public sealed class ManagerFunctions : IAppFunctions
{
    private readonly ManagerNode? _manager;

    private ManagerFunctions(ManagerNode? manager) => _manager = manager;

    /// <inheritdoc/>
    public FunctionCatalogue Catalogue => new(
    [
        new QueueFunction("Manager", new FunctionTrigger.Queue("stage", ClusterSettings.Storage), (body, cancellation) => Manager.HandleStageAsync(body, cancellation)),
        new TimerFunction("Reconcile", new FunctionTrigger.Timer(TimerSchedule.Parse("*/5 * * * * *")), cancellation => Manager.ReconcileAsync(cancellation)),
    ]);

    private ManagerNode Manager => _manager ?? throw new InvalidOperationException("no function of the manager runs on this instance");

    /// <summary>Starts a manager if its functions run on this instance: who runs neither is given no jobs.</summary>
    public static async ValueTask<IAppFunctions> StartAsync(AppContext context, CancellationToken cancellation)
    {
        if (!context.Enabled.Runs("Manager") && !context.Enabled.Runs("Reconcile"))
        {
            return new ManagerFunctions(null);
        }

        Member member = context.Member;
        return new ManagerFunctions(await ManagerNode.StartAsync(
            new ManagerParts
            {
                Store = member.Store,
                Queue = member.Queue,
                Volume = member.Volume,
                Manager = member.Name,
                ProcessName = member.ProcessName("manager"),
                Alone = member.Alone,
                Time = member.Time,
                Report = context.Report,
            },
            cancellation));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _manager?.DisposeAsync() ?? ValueTask.CompletedTask;
}
