using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Contracts;

public abstract partial class KeyValueStoreContract
{
    [Fact]
    public async Task Keys_vanish_with_the_end_of_their_lease()
    {
        LeaseId lease = await Store.GrantLeaseAsync(Seconds(1), Never);
        await WriteAsync(Put("/under/1", "", lease), Put("/under/2", "", lease), Put("/free"));
        await PassAsync(Seconds(1));
        await Waiting.UntilAsync(async () => await KeysAsync(KeyRange.Prefix("/")) is ["/free"], "the keys of the lease are gone");
        Assert.Empty((await Other.RangeAsync(KeyRange.Prefix("/under/"), Never)).Keys);
    }

    [Fact]
    public async Task Key_names_the_lease_it_lives_under()
    {
        LeaseId lease = await Store.GrantLeaseAsync(Seconds(60), Never);
        Assert.NotEqual(LeaseId.None, lease);
        Assert.NotEqual(lease, await Other.GrantLeaseAsync(Seconds(60), Never));
        await WriteAsync(Put("/a", "", lease));
        Assert.Equal(lease, (await GetAsync("/a"))!.Lease);
    }

    [Fact]
    public async Task Renewed_lease_starts_its_time_anew()
    {
        LeaseId lease = await Store.GrantLeaseAsync(Seconds(5), Never);
        await WriteAsync(Put("/a", "", lease));
        await PassAsync(Seconds(3));
        Assert.True(await Other.RenewLeaseAsync(lease, Never));
        await PassAsync(Seconds(3));
        Assert.NotNull(await GetAsync("/a"));
    }

    [Fact]
    public async Task Lease_that_ended_cannot_be_revived()
    {
        LeaseId lease = await Store.GrantLeaseAsync(Seconds(1), Never);
        await WriteAsync(Put("/a", "", lease));
        await PassAsync(Seconds(1));
        await Waiting.UntilAsync(async () => await GetAsync("/a") is null, "the key of the lease is gone");
        Assert.False(await Store.RenewLeaseAsync(lease, Never));
        Assert.False(await Other.RenewLeaseAsync(lease, Never));
        Assert.Null(await GetAsync("/a"));
    }

    [Fact]
    public async Task Lease_that_never_was_cannot_be_renewed() => Assert.False(await Store.RenewLeaseAsync(new LeaseId(987654321), Never));

    [Fact]
    public async Task Revoked_lease_takes_its_keys_with_it_in_one_revision()
    {
        LeaseId lease = await Store.GrantLeaseAsync(Seconds(60), Never);
        long before = await WriteAsync(Put("/a", "", lease), Put("/b", "", lease), Put("/c"));
        await Other.RevokeLeaseAsync(lease, Never);
        Assert.Equal(["/c"], await KeysAsync(KeyRange.Prefix("/")));
        Assert.Equal(before + 1, await RevisionAsync());
        Assert.False(await Store.RenewLeaseAsync(lease, Never));
    }

    [Fact]
    public async Task Revoking_what_has_ended_does_nothing()
    {
        LeaseId lease = await Store.GrantLeaseAsync(Seconds(60), Never);
        await Store.RevokeLeaseAsync(lease, Never);
        long before = await RevisionAsync();
        await Store.RevokeLeaseAsync(lease, Never);
        await Store.RevokeLeaseAsync(new LeaseId(987654321), Never);
        Assert.Equal(before, await RevisionAsync());
    }

    [Fact]
    public async Task Put_under_a_lease_that_ended_writes_nothing()
    {
        LeaseId lease = await Store.GrantLeaseAsync(Seconds(60), Never);
        await Store.RevokeLeaseAsync(lease, Never);
        long before = await RevisionAsync();
        await Assert.ThrowsAsync<LeaseEnded>(() => WriteAsync(Put("/a"), Put("/b", "", lease)));
        await Assert.ThrowsAsync<LeaseEnded>(() => WriteAsync(Put("/b", "", new LeaseId(987654321)), Put("/a")));
        Assert.Empty(await KeysAsync(KeyRange.Prefix("/")));
        Assert.Equal(before, await RevisionAsync());
    }

    [Fact]
    public async Task Put_under_a_lease_whose_time_is_over_writes_nothing()
    {
        // A store may end a lease later than asked, and renewing is the only way to ask: so another lease, older each time, is tried.
        LeaseId lease = await Store.GrantLeaseAsync(Seconds(1), Never);
        double age = 0;
        await Waiting.UntilAsync(async () => !await Store.RenewLeaseAsync(await ExpiringAsync(++age), Never), "a lease of one second ends");
        await Assert.ThrowsAsync<LeaseEnded>(() => WriteAsync(Put("/a", "", lease)));
        Assert.Null(await GetAsync("/a"));

        async ValueTask<LeaseId> ExpiringAsync(double seconds)
        {
            LeaseId another = await Store.GrantLeaseAsync(Seconds(1), Never);
            await PassAsync(Seconds(seconds));
            return another;
        }
    }

    [Fact]
    public async Task Refused_transaction_does_not_mind_an_ended_lease()
    {
        await WriteAsync(Put("/a"));
        Transaction refused = new() { Conditions = [KeyCondition.Absent("/a")], Writes = [Put("/b", "", new LeaseId(987654321))] };
        Assert.False((await Store.TransactAsync(refused, Never)).Succeeded);
    }

    [Fact]
    public async Task Key_put_under_another_lease_or_none_leaves_the_first()
    {
        LeaseId first = await Store.GrantLeaseAsync(Seconds(60), Never);
        LeaseId second = await Store.GrantLeaseAsync(Seconds(60), Never);
        await WriteAsync(Put("/freed", "", first), Put("/moved", "", first), Put("/kept", "", first), Put("/deleted", "", first));
        await WriteAsync(Put("/freed"), Put("/moved", "", second), Delete(KeyRange.One("/deleted")));
        await WriteAsync(Put("/deleted"));
        await Store.RevokeLeaseAsync(first, Never);
        Assert.Equal(["/deleted", "/freed", "/moved"], await KeysAsync(KeyRange.Prefix("/")));
        await Store.RevokeLeaseAsync(second, Never);
        Assert.Equal(["/deleted", "/freed"], await KeysAsync(KeyRange.Prefix("/")));
    }

    [Fact]
    public async Task Lease_lasts_whole_seconds_and_at_least_one()
    {
        foreach (double seconds in new[] { -1, 0, 0.5, 1.5 })
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.GrantLeaseAsync(Seconds(seconds), Never).AsTask());
        }
    }
}
