using Katanemimena.Adapters.Etcd;
using Katanemimena.Core;
using Katanemimena.Tests.Contracts;
using Katanemimena.Tests.Contracts.Services;
using Xunit;

namespace Katanemimena.Tests.Adapters;

/// <summary>One etcd for a class of tests.</summary>
public sealed class RunningEtcd : IAsyncLifetime
{
    public EtcdServer Server { get; } = new();

    public async ValueTask InitializeAsync() => await Server.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

/// <summary>Two clients of one etcd, as two processes have.</summary>
public sealed class EtcdKeyValueStoreTests : KeyValueStoreContract, IClassFixture<RunningEtcd>, IAsyncLifetime
{
    private readonly EtcdServer _server;
    private readonly EtcdKeyValueStore _store;
    private readonly EtcdKeyValueStore _other;

    public EtcdKeyValueStoreTests(RunningEtcd etcd)
    {
        _server = etcd.Server;
        (_store, _other) = (Open(), Open());
    }

    protected override IKeyValueStore Store => _store;

    protected override IKeyValueStore Other => _other;

    public async ValueTask InitializeAsync() => await _server.ClearAsync();

    public ValueTask DisposeAsync()
    {
        _store.Dispose();
        _other.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override ValueTask PassAsync(TimeSpan time) => Waiting.PassAsync(time);

    protected override async ValueTask ForgetHistoryAsync() => await _server.CompactAsync();

    private EtcdKeyValueStore Open() => new(new EtcdOptions { Endpoints = [_server.Client] }, TimeProvider.System);
}
