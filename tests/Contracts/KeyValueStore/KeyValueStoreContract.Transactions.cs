using System.Globalization;
using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Contracts;

public abstract partial class KeyValueStoreContract
{
    [Fact]
    public async Task Overwriting_keeps_the_create_revision()
    {
        long created = await WriteAsync(Put("/a", "one"));
        long modified = await WriteAsync(Put("/a", "two"));
        KeyValue value = (await GetAsync("/a"))!;
        Assert.Equal(("two", created, modified), (Text(value), value.CreateRevision, value.ModifyRevision));
    }

    [Fact]
    public async Task Key_put_again_after_its_deletion_is_created_anew()
    {
        await WriteAsync(Put("/a", "one"));
        await WriteAsync(Delete(KeyRange.One("/a")));
        long again = await WriteAsync(Put("/a", "two"));
        KeyValue value = (await GetAsync("/a"))!;
        Assert.Equal((again, again), (value.CreateRevision, value.ModifyRevision));
    }

    [Fact]
    public async Task One_transaction_raises_the_revision_by_one()
    {
        await WriteAsync(Put("/c"));
        long before = await RevisionAsync();
        long revision = await WriteAsync(Put("/a"), Put("/b"), Delete(KeyRange.One("/c")));
        Assert.Equal(before + 1, revision);
        Assert.Equal(revision, await RevisionAsync());
        Assert.All([(await GetAsync("/a"))!, (await GetAsync("/b"))!], value => Assert.Equal(revision, value.ModifyRevision));
    }

    [Fact]
    public async Task Transaction_that_writes_nothing_leaves_the_revision()
    {
        long before = await WriteAsync(Put("/a"));
        Assert.Equal(before, await WriteAsync());
        Assert.Equal(before, await WriteAsync(Delete(KeyRange.Prefix("/nothing/"))));
        TransactionResult refused = await Store.TransactAsync(new Transaction { Conditions = [KeyCondition.Absent("/a")], Writes = [Put("/b")] }, Never);
        Assert.Equal((false, before), (refused.Succeeded, refused.Revision));
        Assert.Equal(before, await RevisionAsync());
    }

    [Fact]
    public async Task Delete_removes_every_key_of_its_range_whatever_the_limit()
    {
        await WriteAsync(Put("/a"), Put("/b/1"), Put("/b/2"), Put("/b/3"), Put("/c"));
        await WriteAsync(Delete(KeyRange.Prefix("/b/") with { Limit = 1, CountOnly = true }));
        Assert.Equal(["/a", "/c"], await KeysAsync(KeyRange.Prefix("/")));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Absent_holds_only_while_there_is_no_such_key(bool exists, bool succeeds)
    {
        if (exists)
        {
            await WriteAsync(Put("/a", "old"));
        }

        TransactionResult result = await Store.TransactAsync(new Transaction { Conditions = [KeyCondition.Absent("/a")], Writes = [Put("/a", "new")] }, Never);
        Assert.Equal(succeeds, result.Succeeded);
        Assert.Equal(succeeds ? "new" : "old", Text(await GetAsync("/a")));
    }

    [Fact]
    public async Task Condition_holds_only_for_the_latest_put()
    {
        long first = await WriteAsync(Put("/a", "one"));
        long second = await WriteAsync(Put("/a", "two"));
        foreach ((long revision, bool succeeds) in new[] { (first, false), (second + 1, false), (second, true), (second, false) })
        {
            TransactionResult result = await Store.TransactAsync(new Transaction { Conditions = [new KeyCondition("/a", revision)], Writes = [Put("/a", "three")] }, Never);
            Assert.Equal(succeeds, result.Succeeded);
        }
    }

    [Fact]
    public async Task Condition_on_a_deleted_key_is_that_it_is_absent()
    {
        long put = await WriteAsync(Put("/a"));
        await WriteAsync(Delete(KeyRange.One("/a")));
        Assert.False((await Store.TransactAsync(new Transaction { Conditions = [new KeyCondition("/a", put)] }, Never)).Succeeded);
        Assert.True((await Store.TransactAsync(new Transaction { Conditions = [KeyCondition.Absent("/a")] }, Never)).Succeeded);
    }

    [Fact]
    public async Task One_condition_that_fails_refuses_all_writes()
    {
        long a = await WriteAsync(Put("/a", "old"));
        Transaction transaction = new()
        {
            Conditions = [new KeyCondition("/a", a), KeyCondition.Absent("/b"), KeyCondition.Absent("/a")],
            Writes = [Put("/b"), Delete(KeyRange.One("/a"))],
        };
        Assert.False((await Store.TransactAsync(transaction, Never)).Succeeded);
        Assert.Equal(["/a"], await KeysAsync(KeyRange.Prefix("/")));
    }

    [Fact]
    public async Task Reads_see_the_writes_of_their_transaction()
    {
        await WriteAsync(Put("/done/1"), Put("/old"));
        TransactionResult result = await Store.TransactAsync(
            new Transaction
            {
                Conditions = [KeyCondition.Absent("/done/2")],
                Writes = [Put("/done/2", "mine"), Delete(KeyRange.One("/old"))],
                Reads = [KeyRange.Prefix("/done/") with { CountOnly = true }, KeyRange.One("/done/2"), KeyRange.One("/old"), KeyRange.Prefix("/done/") with { Limit = 1 }],
                ReadsOtherwise = [KeyRange.One("/done/1")],
            },
            Never);
        Assert.Equal([2, 1, 0, 2], result.Reads.Select(read => read.Count));
        Assert.Equal([0, 1, 0, 1], result.Reads.Select(read => read.Keys.Count));
        Assert.Equal(("mine", result.Revision), (Text(result.Reads[1].Keys[0]), result.Reads[1].Keys[0].ModifyRevision));
        Assert.All(result.Reads, read => Assert.Equal(result.Revision, read.Revision));
    }

    [Fact]
    public async Task Refused_transaction_answers_the_reads_otherwise()
    {
        await WriteAsync(Put("/a", "there"));
        TransactionResult result = await Store.TransactAsync(
            new Transaction
            {
                Conditions = [KeyCondition.Absent("/a")],
                Writes = [Put("/b")],
                Reads = [KeyRange.One("/b"), KeyRange.One("/b")],
                ReadsOtherwise = [KeyRange.One("/a")],
            },
            Never);
        Assert.False(result.Succeeded);
        Assert.Equal("there", Text(Assert.Single(Assert.Single(result.Reads).Keys)));
    }

    [Fact]
    public async Task Transaction_takes_128_of_each_and_no_more()
    {
        KeyCondition[] conditions = [.. Numbers(129).Select(KeyCondition.Absent)];
        KeyWrite[] writes = [.. Numbers(129).Select(key => Put(key))];
        KeyRange[] reads = [.. Numbers(129).Select(KeyRange.One)];
        foreach (Transaction tooMuch in new Transaction[]
        {
            new() { Conditions = conditions },
            new() { Writes = writes },
            new() { Writes = writes[..64], Reads = reads[..65] },
            new() { ReadsOtherwise = reads },
        })
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.TransactAsync(tooMuch, Never).AsTask());
        }

        Transaction full = new() { Conditions = conditions[..128], Writes = writes[..128], ReadsOtherwise = reads[..128] };
        Assert.True((await Store.TransactAsync(full, Never)).Succeeded);
        Assert.Equal(128, (await Store.TransactAsync(full, Never)).Reads.Count(read => read.Count == 1));
    }

    [Fact]
    public async Task Values_of_a_transaction_have_one_mebibyte_together_and_no_more()
    {
        byte[] half = new byte[KeyValueRules.ValueBytesMax / 2];
        await WriteAsync(new KeyWrite.Put("/a", half), new KeyWrite.Put("/b", half));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => WriteAsync(new KeyWrite.Put("/c", half), new KeyWrite.Put("/d", half), Put("/e", "x")));
        Assert.Equal(["/a", "/b"], await KeysAsync(KeyRange.Prefix("/")));
    }

    [Fact]
    public async Task No_key_is_written_twice_in_one_transaction()
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(() => WriteAsync(Put("/a", "one"), Put("/a", "two")));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => WriteAsync(Delete(KeyRange.Prefix("/")), Put("/a")));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => WriteAsync(Put("/a"), Delete(KeyRange.One("/a"))));
        Assert.Empty(await KeysAsync(KeyRange.Prefix("/")));
    }

    private static IEnumerable<string> Numbers(int count) =>
        Enumerable.Range(0, count).Select(number => string.Create(CultureInfo.InvariantCulture, $"/n/{number:D3}"));
}
