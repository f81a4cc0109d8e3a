using Katanemimena.Core;
using Katanemimena.DataPath;
using Katanemimena.Service;
using Xunit;

namespace Katanemimena.Tests.Unit.Service.Datafiles;

public sealed class DatafileStoreTests : IDisposable
{
    private readonly DatafileRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(300_000)]
    public async Task Whole_datafile_is_stored_and_read_back(int bytes)
    {
        byte[] file = DatafileRig.Bytes(bytes);
        Datafile stored = await _rig.AddAsync("a/b.txt", file);
        Assert.Equal(("a/b.txt", DatafileRig.Owner, (long)bytes, false), (stored.Name, stored.Owner, stored.Bytes, stored.Gzip));
        Assert.Equal(Crc32C.Append(0, file), stored.Crc32C);
        Assert.Equal(_rig.Clock.GetUtcNow(), stored.Uploaded);
        Assert.Equal(file, await _rig.ReadAsync("a/b.txt"));
        await _rig.CheckAsync();
    }

    [Fact]
    public async Task Gzip_is_recognised_by_its_first_two_bytes()
    {
        Assert.True((await _rig.AddAsync("a", [0x1f, 0x8b, 8])).Gzip);
        Assert.False((await _rig.AddAsync("b", [0x1f])).Gzip);
        byte[] large = DatafileRig.Bytes(DatafileRig.Mebibyte + 5);
        (large[0], large[1]) = (0x1f, 0x8b);
        Assert.True((await _rig.AddInBlocksAsync("c", large, DatafileRig.Mebibyte)).Gzip);
    }

    [Fact]
    public async Task Data_of_any_length_is_added_in_blocks_and_counted()
    {
        byte[] file = DatafileRig.Bytes(DatafileStore.BlockBytesMax + 7);
        var outcome = await _rig.First.AddAsync(DatafileRig.Owner, ".job/x/data", new MemoryStream(file), file.Length, default);
        Datafile stored = Assert.IsType<BlockOutcome.Done>(outcome).File;
        Assert.Equal(file, _rig.Read(stored));
        Assert.Equal(file.Length, await _rig.First.StoredBytesAsync(DatafileRig.Owner, default));
        Assert.IsType<BlockOutcome.Exists>(await _rig.First.AddAsync(DatafileRig.Owner, ".job/x/data", new MemoryStream([1]), long.MaxValue, default));
        Assert.IsType<BlockOutcome.OverQuota>(await _rig.First.AddAsync(DatafileRig.Owner, ".job/y", new MemoryStream([1]), file.Length, default));
        Assert.IsType<BlockOutcome.OverQuota>(await _rig.First.AddAsync(DatafileRig.Owner, ".job/y", new MemoryStream([]), file.Length - 1, default));
        await _rig.CheckAsync();
        Assert.True(await _rig.First.DeleteAsync(DatafileRig.Owner, ".job/x/data", default));
        Assert.Equal(0, await _rig.First.StoredBytesAsync(DatafileRig.Owner, default));
    }

    [Fact]
    public async Task Datafile_that_exists_is_replaced_only_when_asked_for()
    {
        byte[] old = DatafileRig.Bytes(1000);
        byte[] next = DatafileRig.Bytes(2000, seed: 2);
        Datafile first = await _rig.AddAsync("a", old);
        Assert.IsType<BlockOutcome.Exists>(await _rig.PutAsync("a", next));
        Datafile second = await _rig.AddAsync("a", next, replace: true);
        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal(next, await _rig.ReadAsync("a"));
        Assert.Equal(old, _rig.Read(first));
        Assert.Equal(3000, await _rig.First.StoredBytesAsync(DatafileRig.Owner, default));
        await _rig.CheckAsync();
        _rig.Clock.Advance(DatafileSweeper.LooseTime);
        await _rig.Sweeper.SweepAsync(default);
        Assert.Equal(2000, await _rig.First.StoredBytesAsync(DatafileRig.Owner, default));
        await _rig.CheckAsync();
    }

    [Fact]
    public async Task Whole_datafile_sent_again_is_answered_as_done_if_it_has_the_same_bytes()
    {
        byte[] file = DatafileRig.Bytes(1000);
        Datafile first = await _rig.AddAsync("a", file);
        Assert.Equal(first.Id, (await _rig.AddAsync("a", file)).Id);
        byte[] other = [.. file];
        other[999] ^= 1;
        Assert.IsType<BlockOutcome.Exists>(await _rig.PutAsync("a", other));
        Assert.IsType<BlockOutcome.WrongChecksum>(await DatafileRig.PutAsync(_rig.First, DatafileRig.Block("a", file) with { Crc32C = 1 }, file));
    }

    [Fact]
    public async Task Deleted_datafile_is_found_no_more_but_can_be_read_by_who_found_it_and_counts_until_its_blocks_are_gone()
    {
        byte[] file = DatafileRig.Bytes(1000);
        Datafile stored = await _rig.AddAsync("a", file);
        Assert.True(await _rig.First.DeleteAsync(DatafileRig.Owner, "a", default));
        Assert.False(await _rig.First.DeleteAsync(DatafileRig.Owner, "a", default));
        Assert.Null(await _rig.First.FindAsync(DatafileRig.Owner, "a", default));
        Assert.Equal(file.Length, await _rig.First.StoredBytesAsync(DatafileRig.Owner, default));
        Assert.Equal(file, _rig.Read(stored));
        await _rig.CheckAsync();
        _rig.Clock.Advance(DatafileSweeper.LooseTime);
        await _rig.Sweeper.SweepAsync(default);
        Assert.Equal(0, await _rig.First.StoredBytesAsync(DatafileRig.Owner, default));
    }

    [Fact]
    public async Task Owners_have_names_of_their_own()
    {
        await _rig.AddAsync("a", [1], owner: "bob");
        await _rig.AddAsync("a", [2], owner: "bobby");
        Assert.Equal([1], (await _rig.ReadAsync("a", "bob"))!);
        Assert.Equal([2], (await _rig.ReadAsync("a", "bobby"))!);
        Assert.Single((await _rig.First.ListAsync("bob", "", null, 10, default)).Files);
        await _rig.First.DeleteAllAsync("bob", default);
        Assert.Null(await _rig.ReadAsync("a", "bob"));
        Assert.Equal([2], (await _rig.ReadAsync("a", "bobby"))!);
    }

    [Fact]
    public async Task List_goes_by_name_in_pages_without_hidden_ones()
    {
        string[] names = ["-", ".a", ".job", ".jobs/x", "a", "a/b", "a/c", "b", "log/1", "log/2", "log2"];
        foreach (string name in names.Reverse().Append(".job/hidden").Append(".job/x/y"))
        {
            await _rig.AddAsync(name);
        }

        foreach (int limit in new[] { 1, 2, 3, 10, 11, 100 })
        {
            List<string> seen = [];
            string? after = null;
            do
            {
                DatafilePage page = await _rig.First.ListAsync(DatafileRig.Owner, "", after, limit, default);
                Assert.True(page.Next is null || page.Files.Count == limit);
                seen.AddRange(page.Files.Select(file => file.Name));
                after = page.Next;
            }
            while (after is not null);
            Assert.Equal(names, seen);
        }

        Assert.Equal(["log/1", "log/2"], await NamesAsync("log/", null));
        Assert.Equal(["log/2", "log2"], await NamesAsync("log", "log/1"));
        Assert.Empty(await NamesAsync("log", "logz"));
        Assert.Empty(await NamesAsync(".job/", null));
        Assert.Equal([".job", ".jobs/x"], await NamesAsync(".job", null));
        await Assert.ThrowsAsync<ArgumentException>(() => NamesAsync("ä", null));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/../b")]
    [InlineData("/etc/passwd")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("./a")]
    [InlineData("a\\b")]
    [InlineData("a\0b")]
    [InlineData("a b")]
    [InlineData("a%2Fb")]
    [InlineData("ä")]
    [InlineData("a~b")]
    [InlineData("a\nb")]
    public async Task Name_that_breaks_the_rules_is_refused(string name)
    {
        Assert.NotNull(DatafileName.Check(name));
        await Assert.ThrowsAsync<ArgumentException>(() => _rig.PutAsync(name, [1]));
        await Assert.ThrowsAsync<ArgumentException>(async () => await _rig.First.FindAsync(DatafileRig.Owner, name, default));
        await Assert.ThrowsAsync<ArgumentException>(async () => await _rig.First.DeleteAsync(DatafileRig.Owner, name, default));
        await Assert.ThrowsAsync<ArgumentException>(async () => await _rig.First.AddAsync(DatafileRig.Owner, name, Stream.Null, 1, default));
        Assert.Empty(_rig.Volume.List(""));
        Assert.Equal(0, (await _rig.Truth.RangeAsync(KeyRange.Prefix("/"), default)).Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("..")]
    public async Task Owner_that_breaks_the_rules_is_refused(string owner) =>
        await Assert.ThrowsAsync<ArgumentException>(() => _rig.PutAsync("a", [1], owner: owner));

    [Fact]
    public async Task Name_has_at_most_200_characters()
    {
        Assert.Null(DatafileName.Check(new string('a', 200)));
        Assert.NotNull(DatafileName.Check(new string('a', 201)));
        await _rig.AddAsync(string.Join('/', Enumerable.Repeat("a", 100)));
        await _rig.CheckAsync();
    }

    private async Task<string[]> NamesAsync(string prefix, string? after) =>
        [.. (await _rig.First.ListAsync(DatafileRig.Owner, prefix, after, 100, default)).Files.Select(file => file.Name)];
}
