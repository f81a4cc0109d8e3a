using System.Text.Json;
using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>The keys by which a process says that it is alive, for a <see cref="WorkerLease"/> to put under itself.</summary>
internal static class Registration
{
    /// <param name="process">A name no other process ever had.</param>
    /// <param name="manager">The manager it is; empty for none.</param>
    /// <param name="workers">Workers it runs.</param>
    /// <param name="queues">The queues that the workers take tasks from.</param>
    /// <param name="time">Clock.</param>
    public static KeyWrite.Put[] Of(string process, string manager, int workers, IReadOnlyList<string> queues, TimeProvider time)
    {
        byte[] value = JsonSerializer.SerializeToUtf8Bytes(new InstanceRecord(manager, workers, time.GetUtcNow(), queues), RecordJson.Default.InstanceRecord);
        var instance = new KeyWrite.Put(JobKeys.Instance(process), value);
        return manager.Length == 0 ? [instance] : [instance, new KeyWrite.Put(JobKeys.ManagerAlive(manager), value)];
    }
}
