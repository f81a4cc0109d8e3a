using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.Tests.Cluster.Running;

/// <summary>Two managers and two workers, each a process of its own with the built-in triggers.</summary>
public class RunningCluster : ClusterServices
{
    public List<AppProcess> Managers { get; } = [];

    public List<AppProcess> Workers { get; } = [];

    /// <summary>The process of the manager that a job was given to.</summary>
    public AppProcess ManagerOf(JobId job) => Managers[int.Parse(job.Manager[^1..], CultureInfo.InvariantCulture)];

    /// <inheritdoc/>
    protected override async Task StartMembersAsync()
    {
        Managers.AddRange([App(ManagerApp, "manager-0"), App(ManagerApp, "manager-1")]);
        Workers.AddRange([App(WorkerApp, "worker-0"), App(WorkerApp, "worker-1")]);
        await Task.WhenAll(Managers.Concat(Workers).Select(app => app.StartAsync()));
    }

    /// <inheritdoc/>
    protected override async ValueTask StopMembersAsync()
    {
        foreach (AppProcess app in Managers.Concat(Workers))
        {
            await app.DisposeAsync();
        }
    }

    private AppProcess App(string program, string name) => new(program, Settings(name));
}
