using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Contracts;

public abstract partial class KeyValueStoreContract
{
    [Fact]
    public async Task Watch_tells_the_changes_since_its_revision_and_then_the_new_ones()
    {
        await WriteAsync(Put("/w/0", "before"));
        long first = await WriteAsync(Put("/w/1", "one"));
        long second = await WriteAsync(Delete(KeyRange.One("/w/0")));
        await using IAsyncEnumerator<KeyChange> watch = Follow(Other, KeyRange.Prefix("/w/"), first);
        await NextIsAsync(watch, "/w/1", "one", first);
        await NextIsAsync(watch, "/w/0", null, second);
        ValueTask<bool> next = watch.MoveNextAsync();
        long third = await WriteAsync(Put("/w/1", "two"));
        Assert.True(await next.InTimeAsync());
        Assert.Equal(("/w/1", "two", third), (watch.Current.Key, Text(watch.Current.Value), watch.Current.Revision));
        Assert.Equal((first, third), (watch.Current.Value!.CreateRevision, watch.Current.Value.ModifyRevision));
    }

    [Fact]
    public async Task Watch_from_now_on_leaves_out_what_was_before()
    {
        await WriteAsync(Put("/w", "before"));
        await using IAsyncEnumerator<KeyChange> watch = Follow(Store, KeyRange.One("/w"), 0);
        Task<bool> first = watch.MoveNextAsync().AsTask();
        List<long> written = [];
        await Waiting.UntilAsync(
            async () =>
            {
                written.Add(await WriteAsync(Put("/w", "after")));
                return first.IsCompleted;
            },
            "the watch has begun");
        Assert.True(await first);
        Assert.Equal("after", Text(watch.Current.Value));
        foreach (long revision in written.SkipWhile(revision => revision != watch.Current.Revision).Skip(1))
        {
            await NextIsAsync(watch, "/w", "after", revision);
        }
    }

    [Fact]
    public async Task Watch_of_a_range_leaves_out_other_keys_and_minds_no_limit()
    {
        long start = await RevisionAsync() + 1;
        await WriteAsync(Put("/a"), Put("/w"), Put("/w/1"), Put("/w/2"), Put("/w0"));
        long other = await WriteAsync(Put("/w/1"));
        await using IAsyncEnumerator<KeyChange> one = Follow(Store, KeyRange.One("/w"), start);
        await NextIsAsync(one, "/w", "", start);
        await using IAsyncEnumerator<KeyChange> all = Follow(Store, KeyRange.Prefix("/w/") with { Limit = 1, CountOnly = true }, start);
        await NextIsAsync(all, "/w/1", "", start);
        await NextIsAsync(all, "/w/2", "", start);
        await NextIsAsync(all, "/w/1", "", other);
    }

    [Fact]
    public async Task Changes_of_one_transaction_share_its_revision_and_come_by_key()
    {
        await WriteAsync(Put("/w/2"), Put("/w/4"));
        long revision = await WriteAsync(Put("/w/3"), Delete(KeyRange.Prefix("/w/4")), Put("/w/1"), Delete(KeyRange.One("/w/2")));
        await using IAsyncEnumerator<KeyChange> watch = Follow(Store, KeyRange.Prefix("/w/"), revision);
        await NextIsAsync(watch, "/w/1", "", revision);
        await NextIsAsync(watch, "/w/2", null, revision);
        await NextIsAsync(watch, "/w/3", "", revision);
        await NextIsAsync(watch, "/w/4", null, revision);
    }

    [Fact]
    public async Task Watch_may_begin_at_a_revision_to_come()
    {
        long now = await WriteAsync(Put("/w", "0"));
        await using IAsyncEnumerator<KeyChange> watch = Follow(Store, KeyRange.One("/w"), now + 3);
        ValueTask<bool> next = watch.MoveNextAsync();
        for (int number = 1; number <= 3; number++)
        {
            await WriteAsync(Put("/w", $"{number}"));
        }

        Assert.True(await next.InTimeAsync());
        Assert.Equal(("3", now + 3), (Text(watch.Current.Value), watch.Current.Revision));
    }

    [Fact]
    public async Task Watch_sees_the_end_of_a_lease_as_deletions_of_one_revision()
    {
        LeaseId lease = await Store.GrantLeaseAsync(Seconds(1), Never);
        long put = await WriteAsync(Put("/w/1", "", lease), Put("/w/2", "", lease), Put("/w/3"));
        await using IAsyncEnumerator<KeyChange> watch = Follow(Other, KeyRange.Prefix("/w/"), put + 1);
        ValueTask<bool> next = watch.MoveNextAsync();
        await PassAsync(Seconds(1));
        Assert.True(await next.InTimeAsync());
        Assert.Equal(("/w/1", put + 1), (watch.Current.Key, watch.Current.Revision));
        Assert.Null(watch.Current.Value);
        await NextIsAsync(watch, "/w/2", null, put + 1);
    }

    [Fact]
    public async Task Watch_of_a_forgotten_revision_says_so()
    {
        long old = await WriteAsync(Put("/w", "old"));
        await WriteAsync(Put("/w", "new"));
        await ForgetHistoryAsync();
        await Assert.ThrowsAsync<RevisionCompacted>(async () =>
        {
            await using IAsyncEnumerator<KeyChange> watch = Follow(Store, KeyRange.One("/w"), old);
            await watch.MoveNextAsync().InTimeAsync();
        });
        RangeResult read = await Store.RangeAsync(KeyRange.One("/w"), Never);
        Assert.Equal("new", Text(read.Keys.Single()));
        await using IAsyncEnumerator<KeyChange> afresh = Follow(Store, KeyRange.One("/w"), read.Revision + 1);
        ValueTask<bool> next = afresh.MoveNextAsync();
        await WriteAsync(Put("/w", "newest"));
        Assert.True(await next.InTimeAsync());
        Assert.Equal("newest", Text(afresh.Current.Value));
    }

    [Fact]
    public async Task Cancelled_watch_ends_with_the_cancellation()
    {
        using CancellationTokenSource source = new();
        await using IAsyncEnumerator<KeyChange> watch = Store.WatchAsync(KeyRange.Prefix("/w/"), 0, source.Token).GetAsyncEnumerator(Never);
        Task<bool> next = watch.MoveNextAsync().AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.InTimeAsync());
    }

    [Fact]
    public async Task Watch_that_is_cancelled_from_the_start_tells_nothing()
    {
        long revision = await WriteAsync(Put("/w"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await using IAsyncEnumerator<KeyChange> watch = Store.WatchAsync(KeyRange.One("/w"), revision, new CancellationToken(true)).GetAsyncEnumerator(Never);
            await watch.MoveNextAsync().InTimeAsync();
        });
    }

    [Fact]
    public async Task Watch_under_load_tells_every_change_once_and_in_order()
    {
        const int writers = 4;
        const int writes = 50;
        long start = await RevisionAsync() + 1;
        await using IAsyncEnumerator<KeyChange> first = Follow(Store, KeyRange.Prefix("/w/"), start);
        await using IAsyncEnumerator<KeyChange> second = Follow(Other, KeyRange.Prefix("/w/"), start);
        Task<List<KeyChange>>[] watching = [ReadAsync(first, writers * writes), ReadAsync(second, writers * writes)];
        await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            IKeyValueStore store = writer % 2 == 0 ? Store : Other;
            for (int number = 0; number < writes; number++)
            {
                Assert.True((await store.TransactAsync(new Transaction { Writes = [Put($"/w/{writer}", $"{number}"), Put("/elsewhere")] }, Never)).Succeeded);
            }
        }))).InTimeAsync();

        foreach (List<KeyChange> seen in await Task.WhenAll(watching).InTimeAsync())
        {
            Assert.Equal(Enumerable.Range(0, writers * writes).Select(number => start + number), seen.Select(change => change.Revision));
            foreach (IGrouping<string, KeyChange> key in seen.GroupBy(change => change.Key))
            {
                Assert.Equal(Enumerable.Range(0, writes).Select(number => $"{number}"), key.Select(change => Text(change.Value)));
            }
        }
    }

    private static IAsyncEnumerator<KeyChange> Follow(IKeyValueStore store, KeyRange range, long fromRevision) =>
        store.WatchAsync(range, fromRevision, Never).GetAsyncEnumerator(Never);

    private static async Task<List<KeyChange>> ReadAsync(IAsyncEnumerator<KeyChange> watch, int count)
    {
        List<KeyChange> changes = [];
        while (changes.Count < count && await watch.MoveNextAsync())
        {
            changes.Add(watch.Current);
        }

        return changes;
    }

    private static async Task NextIsAsync(IAsyncEnumerator<KeyChange> watch, string key, string? value, long revision)
    {
        Assert.True(await watch.MoveNextAsync().InTimeAsync());
        Assert.Equal((key, value ?? "(none)", revision), (watch.Current.Key, Text(watch.Current.Value), watch.Current.Revision));
    }
}
