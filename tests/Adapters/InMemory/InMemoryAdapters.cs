using Katanemimena.Adapters.InMemory;
using Katanemimena.Core;
using Katanemimena.Tests.Contracts;

namespace Katanemimena.Tests.Adapters;

public sealed class InMemoryKeyValueStoreTests : KeyValueStoreContract, IDisposable
{
    private const int HistoryChangesMax = 1_000;

    private readonly ManualTimeProvider _clock = new();
    private readonly InMemoryKeyValueStore _store;

    public InMemoryKeyValueStoreTests() => _store = new InMemoryKeyValueStore(_clock, HistoryChangesMax);

    protected override IKeyValueStore Store => _store;

    public void Dispose() => _store.Dispose();

    protected override ValueTask PassAsync(TimeSpan time)
    {
        _clock.Advance(time);
        return ValueTask.CompletedTask;
    }

    protected override async ValueTask ForgetHistoryAsync()
    {
        for (int change = 0; change < HistoryChangesMax; change++)
        {
            await WriteAsync(Put("forget"));
        }
    }
}

public sealed class InMemoryTaskQueueTests : TaskQueueContract, IDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly InMemoryTaskQueue _queue;

    public InMemoryTaskQueueTests() => _queue = new InMemoryTaskQueue(_clock);

    protected override ITaskQueue Queue => _queue;

    public void Dispose() => _queue.Dispose();

    protected override ValueTask PassAsync(TimeSpan time)
    {
        _clock.Advance(time);
        return ValueTask.CompletedTask;
    }
}

public sealed class InMemoryVolumeTests : VolumeContract
{
    protected override IVolume Volume { get; } = new InMemoryVolume();
}
