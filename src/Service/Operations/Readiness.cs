using Katanemimena.Core;
using Katanemimena.Orchestration;
using Katanemimena.Wire;

namespace Katanemimena.Service;

/// <summary>Finds out whether an instance can serve: whether store, queue and volume do what they are for. Safe for several threads.</summary>
/// <remarks>What was found out holds for <see cref="CacheTime"/>, and one look is made at a time, however many ask. A part that hangs is not asked again while it does.</remarks>
public sealed class Readiness
{
    /// <summary>What the status is when all is well, and what a part's check says then.</summary>
    public const string Good = "ok";

    /// <summary>What the status is otherwise.</summary>
    public const string Bad = "unavailable";

    /// <summary>How long a part may take.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <summary>How long an answer holds.</summary>
    public static readonly TimeSpan CacheTime = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly IReadOnlyList<ReadinessProbe> _probes;
    private readonly TimeProvider _time;
    private Task<HealthDocument>? _look;
    private DateTimeOffset _lookedAt;

    /// <summary>Prepares to look.</summary>
    /// <param name="store">One key is read.</param>
    /// <param name="queue">The stage queue is counted.</param>
    /// <param name="volume">A tiny file below <c>probes/</c> is written and deleted.</param>
    /// <param name="process">Names the file: one that no other process has.</param>
    /// <param name="time">Clock and timers.</param>
    /// <param name="report">Told why a part cannot be used; what callers are told has no details.</param>
    public Readiness(IKeyValueStore store, ITaskQueue queue, IVolume volume, string process, TimeProvider time, Action<string, Exception> report)
    {
        _time = time;
        string file = $"probes/{process}";
        _probes =
        [
            new ReadinessProbe("store", async cancellation => await store.RangeAsync(KeyRange.One(JobKeys.Managers), cancellation), time, report),
            new ReadinessProbe("queue", async cancellation => await queue.CountAsync(new QueueNames().Stage, cancellation), time, report),
            new ReadinessProbe("volume", _ => Task.Run(() => WriteAndDelete(volume, file), CancellationToken.None), time, report),
        ];
    }

    /// <summary>Looks, or says what was found a moment ago.</summary>
    /// <param name="cancellation">Stops waiting; the look goes on for others.</param>
    public Task<HealthDocument> CheckAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_look is null || (_look.IsCompleted && _time.GetUtcNow() - _lookedAt >= CacheTime))
            {
                _look = LookAsync();
            }

            return _look.WaitAsync(cancellation);
        }
    }

    private async Task<HealthDocument> LookAsync()
    {
        string[] found = await Task.WhenAll(_probes.Select(probe => probe.CheckAsync()));
        lock (_gate)
        {
            _lookedAt = _time.GetUtcNow();
        }

        return new HealthDocument(
            found.All(check => check == Good) ? Good : Bad,
            _probes.Zip(found).ToDictionary(pair => pair.First.Name, pair => pair.Second));
    }

    private static void WriteAndDelete(IVolume volume, string file)
    {
        using (VolumeWriter writer = volume.Create(file))
        {
            writer.Write("ok\n"u8);
            writer.Publish();
        }

        volume.Delete(file);
    }
}
