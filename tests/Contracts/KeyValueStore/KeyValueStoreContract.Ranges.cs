using System.Globalization;
using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Contracts;

public abstract partial class KeyValueStoreContract
{
    [Fact]
    public async Task Empty_store_has_no_key()
    {
        RangeResult result = await Store.RangeAsync(KeyRange.Prefix("/"), Never);
        Assert.Empty(result.Keys);
        Assert.Equal(0, result.Count);
    }

    [Fact]
    public async Task Key_is_read_as_it_was_put()
    {
        long revision = await WriteAsync(Put("/a", "one"));
        RangeResult result = await Other.RangeAsync(KeyRange.One("/a"), Never);
        KeyValue value = Assert.Single(result.Keys);
        Assert.Equal(("/a", "one", revision, revision, LeaseId.None), (value.Key, Text(value), value.CreateRevision, value.ModifyRevision, value.Lease));
        Assert.Equal((1L, revision), (result.Count, result.Revision));
    }

    [Fact]
    public async Task Value_may_be_empty_and_may_hold_any_byte()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(number => (byte)number)];
        await WriteAsync(Put("/empty"), new KeyWrite.Put("/all", all));
        Assert.Equal(0, (await GetAsync("/empty"))!.Value.Length);
        Assert.Equal(all, (await GetAsync("/all"))!.Value.ToArray());
    }

    [Fact]
    public async Task Value_of_one_mebibyte_comes_back_whole()
    {
        byte[] large = new byte[KeyValueRules.ValueBytesMax];
        new Random(7).NextBytes(large);
        await WriteAsync(new KeyWrite.Put("/large", large));
        Assert.Equal(large, (await GetAsync("/large"))!.Value.ToArray());
    }

    [Fact]
    public async Task Value_is_copied_before_the_call_returns()
    {
        byte[] buffer = "first"u8.ToArray();
        ValueTask<TransactionResult> written = Store.TransactAsync(new Transaction { Writes = [new KeyWrite.Put("/a", buffer)] }, Never);
        "other"u8.CopyTo(buffer);
        await written;
        Assert.Equal("first", Text(await GetAsync("/a")));
    }

    [Fact]
    public async Task Range_without_end_is_just_the_one_key()
    {
        await WriteAsync(Put("/a"), Put("/a/"), Put("/a\0"), Put("/aa"));
        Assert.Equal(["/a"], await KeysAsync(new KeyRange("/a")));
        Assert.Empty(await KeysAsync(new KeyRange("/")));
    }

    [Fact]
    public async Task Range_includes_its_start_and_excludes_its_end()
    {
        await WriteAsync(Put("a"), Put("b"), Put("c"), Put("d"));
        Assert.Equal(["b", "c"], await KeysAsync(new KeyRange("b", "d")));
        Assert.Equal(["b", "c"], await KeysAsync(new KeyRange("aa", "cc")));
        Assert.Empty(await KeysAsync(new KeyRange("c", "c")));
        Assert.Empty(await KeysAsync(new KeyRange("d", "b")));
    }

    [Fact]
    public async Task Keys_come_in_the_order_of_their_bytes()
    {
        string[] keys = ["/", "/-", "//", "/0", "/10", "/9", "/A", "/Z", "/_", "/a", "/a\u0001", "/a/", "/a/b", "/a0", "/~", "/\u007f"];
        await WriteAsync([.. keys.Reverse().Select(key => Put(key))]);
        Assert.Equal(keys, await KeysAsync(KeyRange.Prefix("/")));
    }

    [Fact]
    public async Task Prefix_matches_what_begins_with_it_and_nothing_else()
    {
        await WriteAsync(Put("/a"), Put("/a/"), Put("/a/\0"), Put("/a/b"), Put("/a/\u007f"), Put("/a0"), Put("/b/"), Put("0"));
        Assert.Equal(["/a/", "/a/\0", "/a/b", "/a/\u007f"], await KeysAsync(KeyRange.Prefix("/a/")));
    }

    [Fact]
    public async Task Prefix_may_end_in_the_last_ascii_character()
    {
        await WriteAsync(Put("x~"), Put("x\u007f"), Put("x\u007f\u007f"), Put("y"));
        Assert.Equal(["x\u007f", "x\u007f\u007f"], await KeysAsync(KeyRange.Prefix("x\u007f")));
    }

    [Fact]
    public async Task Range_holds_the_keys_that_it_says_it_contains()
    {
        Random random = new(11);
        string[] keys = [.. Enumerable.Range(0, 120).Select(_ => RandomKey(random)).Distinct()];
        await WriteAsync([.. keys.Select(key => Put(key))]);
        for (int round = 0; round < 60; round++)
        {
            KeyRange range = new(RandomKey(random), RandomKey(random));
            Assert.Equal(keys.Where(range.Contains).Order(StringComparer.Ordinal), await KeysAsync(range));
        }
    }

    [Fact]
    public async Task Limit_cuts_the_keys_but_not_the_count()
    {
        await WriteAsync(Put("/a"), Put("/b"), Put("/c"));
        RangeResult two = await Store.RangeAsync(KeyRange.Prefix("/") with { Limit = 2 }, Never);
        Assert.Equal(["/a", "/b"], two.Keys.Select(value => value.Key));
        Assert.Equal(3, two.Count);
        Assert.Equal(3, (await Store.RangeAsync(KeyRange.Prefix("/") with { Limit = 3 }, Never)).Keys.Count);
        Assert.Equal(3, (await Store.RangeAsync(KeyRange.Prefix("/") with { Limit = 4 }, Never)).Keys.Count);
    }

    [Fact]
    public async Task Count_comes_without_keys()
    {
        await WriteAsync(Put("/a"), Put("/b"), Put("/c"));
        RangeResult result = await Store.RangeAsync(KeyRange.Prefix("/") with { CountOnly = true, Limit = 1 }, Never);
        Assert.Empty(result.Keys);
        Assert.Equal(3, result.Count);
    }

    [Fact]
    public async Task Pages_put_together_are_the_whole_range()
    {
        string[] keys = [.. Enumerable.Range(0, 1000).Select(number => string.Create(CultureInfo.InvariantCulture, $"/n/{number:D4}"))];
        foreach (string[] some in keys.Chunk(100))
        {
            await WriteAsync([.. some.Select(key => Put(key, key))]);
        }

        List<KeyValue> read = [];
        KeyRange page = KeyRange.Prefix("/n/") with { Limit = 97 };
        while (await Store.RangeAsync(page, Never) is { Keys.Count: > 0 } result)
        {
            Assert.Equal(keys.Length - read.Count, result.Count);
            read.AddRange(result.Keys);
            page = page with { Start = read[^1].Key + "\0" };
        }

        Assert.Equal(keys, read.Select(value => value.Key));
        Assert.All(read, value => Assert.Equal(value.Key, Text(value)));
        Assert.Equal(keys, await KeysAsync(KeyRange.Prefix("/n/")));
    }

    [Fact]
    public async Task Key_must_be_ascii_and_not_empty()
    {
        foreach (string key in new[] { "", "é", "/a/\u0080" })
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(() => WriteAsync(Put(key)));
            await Assert.ThrowsAnyAsync<ArgumentException>(() => GetAsync(key));
        }

        await Assert.ThrowsAnyAsync<ArgumentException>(() => KeysAsync(KeyRange.Prefix("/") with { Limit = -1 }));
    }

    [Fact]
    public async Task Cancelled_calls_do_nothing()
    {
        CancellationToken cancelled = new(true);
        LeaseId lease = await Store.GrantLeaseAsync(Seconds(60), Never);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.RangeAsync(KeyRange.One("/a"), cancelled).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.TransactAsync(new Transaction { Writes = [Put("/a")] }, cancelled).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.GrantLeaseAsync(Seconds(1), cancelled).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.RenewLeaseAsync(lease, cancelled).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.RevokeLeaseAsync(lease, cancelled).AsTask());
        Assert.Null(await GetAsync("/a"));
        Assert.True(await Store.RenewLeaseAsync(lease, Never));
    }

    private static string RandomKey(Random random) =>
        new([.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => "/0Aa~\u0001\u007f"[random.Next(7)])]);
}
