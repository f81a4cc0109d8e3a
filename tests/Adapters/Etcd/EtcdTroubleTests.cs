using System.Text;
using Katanemimena.Adapters.Etcd;
using Katanemimena.Core;
using Katanemimena.Tests.Contracts;
using Katanemimena.Tests.Contracts.Services;
using Xunit;

namespace Katanemimena.Tests.Adapters;

/// <summary>Members that are not there, that go and that come back.</summary>
public sealed class EtcdTroubleTests
{
    private static readonly CancellationToken s_never = CancellationToken.None;

    [Fact]
    public async Task Unreachable_etcd_is_a_transient_fault_that_names_its_endpoints()
    {
        using EtcdKeyValueStore store = Open(new Uri("http://127.0.0.1:1"), new Uri("http://127.0.0.1:2"));
        TransientFault fault = await Assert.ThrowsAsync<TransientFault>(() => store.RangeAsync(KeyRange.One("/a"), s_never).AsTask());
        Assert.Contains("http://127.0.0.1:1/, http://127.0.0.1:2/", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_gives_up_when_no_member_answers_for_long()
    {
        using var store = new EtcdKeyValueStore(
            new EtcdOptions { Endpoints = [new Uri("http://127.0.0.1:1")], WatchRetryFor = TimeSpan.FromMilliseconds(200) }, TimeProvider.System);
        await using IAsyncEnumerator<KeyChange> watch = store.WatchAsync(KeyRange.One("/a"), 1, s_never).GetAsyncEnumerator(s_never);
        await Assert.ThrowsAsync<TransientFault>(() => watch.MoveNextAsync().InTimeAsync());
    }

    [Fact]
    public async Task Member_that_cannot_be_connected_to_is_passed_over()
    {
        await using var etcd = new EtcdServer();
        await etcd.StartAsync();
        using EtcdKeyValueStore store = Open(new Uri("http://127.0.0.1:1"), etcd.Client);
        Assert.True((await store.TransactAsync(Put("/a", "1"), s_never)).Succeeded);
        Assert.Equal("1", await ReadAsync(store, "/a"));
    }

    [Fact]
    public async Task Restart_is_a_transient_fault_and_a_watch_goes_on_over_it()
    {
        await using var etcd = new EtcdServer();
        await etcd.StartAsync();
        using EtcdKeyValueStore store = Open(etcd.Client);
        long first = (await store.TransactAsync(Put("/a", "1"), s_never)).Revision;
        await using IAsyncEnumerator<KeyChange> watch = store.WatchAsync(KeyRange.Prefix("/"), first, s_never).GetAsyncEnumerator(s_never);
        Assert.True(await watch.MoveNextAsync().InTimeAsync());
        ValueTask<bool> next = watch.MoveNextAsync();

        await etcd.KillAsync();
        await Assert.ThrowsAsync<TransientFault>(() => store.RangeAsync(KeyRange.One("/a"), s_never).AsTask());
        await etcd.StartAsync();
        Assert.Equal("1", await ReadAsync(store, "/a"));
        long second = (await store.TransactAsync(Put("/a", "2"), s_never)).Revision;
        Assert.True(await next.InTimeAsync());
        Assert.Equal((second, "2"), (watch.Current.Revision, Text(watch.Current.Value!)));
    }

    [Fact]
    public async Task Watch_that_was_cut_off_while_its_revision_was_compacted_says_so()
    {
        await using var etcd = new EtcdServer();
        await etcd.StartAsync();
        using EtcdKeyValueStore store = Open(etcd.Client);
        long first = (await store.TransactAsync(Put("/a", "1"), s_never)).Revision;
        await using IAsyncEnumerator<KeyChange> watch = store.WatchAsync(KeyRange.One("/b"), first, s_never).GetAsyncEnumerator(s_never);
        Task<bool> next = watch.MoveNextAsync().AsTask();
        await store.TransactAsync(Put("/a", "2"), s_never);
        await store.TransactAsync(Put("/a", "3"), s_never);
        await etcd.CompactAsync();
        await etcd.RestartAsync();
        await Assert.ThrowsAsync<RevisionCompacted>(() => next.InTimeAsync());
    }

    [Fact]
    public async Task Member_that_hangs_is_left_after_the_time_of_a_call()
    {
        IReadOnlyList<EtcdServer> members = EtcdServer.Cluster(3);
        try
        {
            await Task.WhenAll(members.Select(member => member.StartAsync()));
            using var store = new EtcdKeyValueStore(
                new EtcdOptions { Endpoints = [.. members.Select(member => member.Client)], CallTimeout = TimeSpan.FromSeconds(1) }, TimeProvider.System);
            await UntilDoneAsync(store, "before");
            members[0].Pause();
            await UntilDoneAsync(store, "paused");
            Assert.Equal("paused", await ReadAsync(store, "/a"));
        }
        finally
        {
            await DisposeAsync(members);
        }
    }

    [Fact]
    public async Task Cluster_goes_on_without_one_member_and_so_does_a_watch()
    {
        IReadOnlyList<EtcdServer> members = EtcdServer.Cluster(3);
        try
        {
            await Task.WhenAll(members.Select(member => member.StartAsync()));
            using EtcdKeyValueStore store = Open([.. members.Select(member => member.Client)]);
            await UntilDoneAsync(store, "0");
            long from = (await store.RangeAsync(KeyRange.One("/a"), s_never)).Revision + 1;
            await using IAsyncEnumerator<KeyChange> watch = store.WatchAsync(KeyRange.One("/a"), from, s_never).GetAsyncEnumerator(s_never);
            ValueTask<bool> next = watch.MoveNextAsync();
            await members[0].KillAsync();
            await UntilDoneAsync(store, "1");
            Assert.True(await next.InTimeAsync());
            Assert.Equal("1", Text(watch.Current.Value!));
        }
        finally
        {
            await DisposeAsync(members);
        }
    }

    private static async Task UntilDoneAsync(EtcdKeyValueStore store, string value) => await Waiting.UntilAsync(
        async () =>
        {
            try
            {
                return (await store.TransactAsync(Put("/a", value), s_never)).Succeeded;
            }
            catch (TransientFault)
            {
                return false;
            }
        },
        "the cluster has a leader that answers");

    private static async Task DisposeAsync(IReadOnlyList<EtcdServer> members)
    {
        foreach (EtcdServer member in members)
        {
            await member.DisposeAsync();
        }
    }

    private static EtcdKeyValueStore Open(params Uri[] endpoints) => new(new EtcdOptions { Endpoints = endpoints }, TimeProvider.System);

    private static Transaction Put(string key, string value) => new() { Writes = [new KeyWrite.Put(key, Encoding.UTF8.GetBytes(value))] };

    private static async Task<string> ReadAsync(EtcdKeyValueStore store, string key) => Text((await store.RangeAsync(KeyRange.One(key), s_never)).Keys.Single());

    private static string Text(KeyValue value) => Encoding.UTF8.GetString(value.Value.Span);
}
