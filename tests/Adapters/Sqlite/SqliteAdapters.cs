using Katanemimena.Adapters.Sqlite;
using Katanemimena.Core;
using Katanemimena.Tests.Contracts;

namespace Katanemimena.Tests.Adapters;

/// <summary>One process, with a clock that the test moves.</summary>
public sealed class SqliteKeyValueStoreTests : SqliteKeyValueStoreContract
{
    private readonly ManualTimeProvider _clock = new();

    protected override TimeProvider Clock => _clock;

    protected override bool SurvivesPowerFailure => false;

    protected override IKeyValueStore Other => Store;

    protected override ValueTask PassAsync(TimeSpan time)
    {
        _clock.Advance(time);
        return ValueTask.CompletedTask;
    }
}

/// <summary>Two clients of one file, as two processes have, with the clock of the machine.</summary>
public sealed class SharedSqliteKeyValueStoreTests : SqliteKeyValueStoreContract
{
    protected override TimeProvider Clock => TimeProvider.System;

    protected override bool SurvivesPowerFailure => true;

    protected override ValueTask PassAsync(TimeSpan time) => Waiting.PassAsync(time);
}

public abstract class SqliteKeyValueStoreContract : KeyValueStoreContract, IDisposable
{
    private const int HistoryRevisionsMax = 300;

    private readonly TemporaryFolder _folder = new();
    private readonly Lazy<SqliteKeyValueStore> _store;
    private readonly Lazy<SqliteKeyValueStore> _other;

    protected SqliteKeyValueStoreContract()
    {
        _store = new Lazy<SqliteKeyValueStore>(Open);
        _other = new Lazy<SqliteKeyValueStore>(Open);
    }

    protected abstract TimeProvider Clock { get; }

    protected abstract bool SurvivesPowerFailure { get; }

    protected override IKeyValueStore Store => _store.Value;

    protected override IKeyValueStore Other => _other.Value;

    public void Dispose()
    {
        Close(_store);
        Close(_other);
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    protected override async ValueTask ForgetHistoryAsync()
    {
        for (int revision = 0; revision < HistoryRevisionsMax * 5 / 4; revision++)
        {
            await WriteAsync(Put("forget"));
        }
    }

    private static void Close(Lazy<SqliteKeyValueStore> client)
    {
        if (client.IsValueCreated)
        {
            client.Value.Dispose();
        }
    }

    private SqliteKeyValueStore Open() => new(_folder.File("state.db"), Clock, SurvivesPowerFailure, HistoryRevisionsMax);
}

/// <summary>One process, with a clock that the test moves.</summary>
public sealed class SqliteTaskQueueTests : SqliteTaskQueueContract
{
    private readonly ManualTimeProvider _clock = new();

    protected override TimeProvider Clock => _clock;

    protected override ITaskQueue Other => Queue;

    protected override ValueTask PassAsync(TimeSpan time)
    {
        _clock.Advance(time);
        return ValueTask.CompletedTask;
    }
}

/// <summary>Two clients of one file, as two processes have, with the clock of the machine.</summary>
public sealed class SharedSqliteTaskQueueTests : SqliteTaskQueueContract
{
    protected override TimeProvider Clock => TimeProvider.System;

    protected override ValueTask PassAsync(TimeSpan time) => Waiting.PassAsync(time);
}

public abstract class SqliteTaskQueueContract : TaskQueueContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Lazy<SqliteTaskQueue> _queue;
    private readonly Lazy<SqliteTaskQueue> _other;

    protected SqliteTaskQueueContract()
    {
        _queue = new Lazy<SqliteTaskQueue>(Open);
        _other = new Lazy<SqliteTaskQueue>(Open);
    }

    protected abstract TimeProvider Clock { get; }

    protected override ITaskQueue Queue => _queue.Value;

    protected override ITaskQueue Other => _other.Value;

    public void Dispose()
    {
        Close(_queue);
        Close(_other);
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private static void Close(Lazy<SqliteTaskQueue> client)
    {
        if (client.IsValueCreated)
        {
            client.Value.Dispose();
        }
    }

    private SqliteTaskQueue Open() => new(_folder.File("queue.db"), Clock);
}
