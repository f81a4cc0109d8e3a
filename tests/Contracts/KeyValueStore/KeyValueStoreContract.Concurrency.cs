using System.Globalization;
using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Contracts;

public abstract partial class KeyValueStoreContract
{
    [Fact]
    public async Task Writers_with_compare_and_set_lose_nothing()
    {
        const int writers = 6;
        const int increments = 20;
        await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(() => CountUpAsync(writer % 2 == 0 ? Store : Other, increments)))).InTimeAsync();
        Assert.Equal($"{writers * increments}", Text(await GetAsync("/counter")));
    }

    [Fact]
    public async Task Exactly_one_committer_sees_the_full_count()
    {
        const int tasks = 40;
        TransactionResult[] results = await Task.WhenAll(Enumerable.Range(0, tasks).Select(task => Task.Run(async () =>
            await (task % 2 == 0 ? Store : Other).TransactAsync(
                new Transaction
                {
                    Conditions = [KeyCondition.Absent($"/done/{task}")],
                    Writes = [Put($"/done/{task}")],
                    Reads = [KeyRange.Prefix("/done/") with { CountOnly = true }],
                },
                Never)))).InTimeAsync();
        Assert.Equal(Enumerable.Range(1, tasks).Select(count => (long)count), results.Select(result => result.Reads[0].Count).Order());
        Assert.Equal(tasks, results.Select(result => result.Revision).Distinct().Count());
    }

    [Fact]
    public async Task One_of_many_creators_of_a_key_wins()
    {
        bool[] won = await Task.WhenAll(Enumerable.Range(0, 20).Select(racer => Task.Run(async () =>
            (await (racer % 2 == 0 ? Store : Other).TransactAsync(
                new Transaction { Conditions = [KeyCondition.Absent("/a")], Writes = [Put("/a", $"{racer}")] }, Never)).Succeeded))).InTimeAsync();
        int winner = Array.IndexOf(won, true);
        Assert.Equal(1, won.Count(one => one));
        Assert.Equal($"{winner}", Text(await GetAsync("/a")));
    }

    [Fact]
    public async Task Readers_never_see_half_a_transaction()
    {
        const int rounds = 60;
        await WriteAsync(Put("/pair/left", "0"), Put("/pair/right", "0"));
        Task writing = Task.Run(async () =>
        {
            for (int round = 1; round <= rounds; round++)
            {
                await WriteAsync(Put("/pair/left", $"{round}"), Put("/pair/right", $"{round}"));
            }
        });
        int looks = 0;
        do
        {
            RangeResult read = await Other.RangeAsync(KeyRange.Prefix("/pair/"), Never);
            Assert.Equal(Text(read.Keys[0]), Text(read.Keys[1]));
            Assert.Equal(read.Keys[0].ModifyRevision, read.Keys[1].ModifyRevision);
            Assert.True(read.Keys[0].ModifyRevision <= read.Revision);
            looks++;
        }
        while (!writing.IsCompleted);
        await writing;
        Assert.True(looks > 0);
        Assert.Equal($"{rounds}", Text((await Other.RangeAsync(KeyRange.One("/pair/left"), Never)).Keys.Single()));
    }

    private static async Task CountUpAsync(IKeyValueStore store, int increments)
    {
        for (int done = 0; done < increments;)
        {
            KeyValue? old = (await store.RangeAsync(KeyRange.One("/counter"), Never)).Keys.SingleOrDefault();
            int next = old is null ? 1 : int.Parse(Text(old), CultureInfo.InvariantCulture) + 1;
            Transaction raise = new() { Conditions = [new KeyCondition("/counter", old?.ModifyRevision ?? 0)], Writes = [Put("/counter", $"{next}")] };
            done += (await store.TransactAsync(raise, Never)).Succeeded ? 1 : 0;
        }
    }
}
