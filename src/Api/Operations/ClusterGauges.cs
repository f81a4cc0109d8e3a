using System.Diagnostics.Metrics;
using Katanemimena.Core;
using Katanemimena.Service;

namespace Katanemimena.Api;

/// <summary>The cluster's figures as gauges, which show what was read last.</summary>
internal sealed class ClusterGauges
{
    private ClusterFigures _figures = new();

    internal ClusterGauges(Meter meter)
    {
        Many(meter, "katanemimena.part.up", "Whether a part of the service answers: 1 or 0.", "part", figures => [("store", figures.StoreAnswers ? 1 : 0), ("queue", figures.QueueAnswers ? 1 : 0)]);
        Many(meter, "katanemimena.queue.messages", "Messages in a queue, about, hidden ones included.", "queue", figures => figures.QueueMessages.Select(queue => (queue.Key, queue.Value)));
        Many(meter, "katanemimena.jobs.open", "Jobs that have not ended or not been cleaned up yet, by state.", "state", figures => figures.OpenJobs.Select(phase => (Text(phase.Key), (long)phase.Value)));
        Many(meter, "katanemimena.tasks", "Tasks of open jobs, by stage.", "stage", figures => OfStages(figures, tasks => tasks.Total));
        Many(meter, "katanemimena.tasks.done", "Tasks of open jobs that have committed, by stage.", "stage", figures => OfStages(figures, tasks => tasks.Done));
        Many(meter, "katanemimena.attempts.running", "Attempts at tasks that run now, by stage.", "stage", figures => OfStages(figures, tasks => tasks.Running));
        Many(meter, "katanemimena.attempts.failed", "Attempts at tasks of open jobs that failed or were lost, by stage.", "stage", figures => OfStages(figures, tasks => tasks.Failed));
        One(meter, "katanemimena.managers.alive", "Managers that are alive.", figures => figures.Managers);
        One(meter, "katanemimena.worker.processes", "Processes alive that run tasks.", figures => figures.WorkerProcesses);
        One(meter, "katanemimena.worker.slots", "Tasks that all processes together can run at once.", figures => figures.WorkerSlots);
    }

    /// <summary>Shows other figures.</summary>
    internal void Show(ClusterFigures figures) => Volatile.Write(ref _figures, figures);

    private void One(Meter meter, string name, string description, Func<ClusterFigures, long> value) =>
        meter.CreateObservableGauge<long>(name, () => Figures is { StoreAnswers: true } figures ? [new Measurement<long>(value(figures))] : [], null, description);

    private void Many(Meter meter, string name, string description, string label, Func<ClusterFigures, IEnumerable<(string Name, long Value)>> values) =>
        meter.CreateObservableGauge(
            name, () => values(Figures).Select(value => new Measurement<long>(value.Value, new KeyValuePair<string, object?>(label, value.Name))), null, description);

    private ClusterFigures Figures => Volatile.Read(ref _figures);

    private static IEnumerable<(string Name, long Value)> OfStages(ClusterFigures figures, Func<StageProgress, long> value) =>
        figures.Tasks.Select(stage => (stage.Key == TaskStage.Map ? "map" : "reduce", value(stage.Value)));

    private static string Text(JobPhase phase) => phase.ToString().ToLowerInvariant();
}
