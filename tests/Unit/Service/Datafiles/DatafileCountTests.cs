using Katanemimena.Service;
using Xunit;

namespace Katanemimena.Tests.Unit.Service.Datafiles;

/// <summary>How many datafiles an owner may have.</summary>
public sealed class DatafileCountTests : IDisposable
{
    private readonly DatafileRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Datafiles_are_taken_up_to_the_number_allowed_though_they_be_empty()
    {
        Assert.IsType<BlockOutcome.Done>(await PutAsync("a", []));
        Assert.IsType<BlockOutcome.Done>(await PutAsync("b", []));
        Assert.Equal(2, Assert.IsType<BlockOutcome.TooMany>(await PutAsync("c", [])).Datafiles);
        Assert.IsType<BlockOutcome.Done>(await PutAsync("a", [1], replace: true));
        Assert.True(await _rig.First.DeleteAsync(DatafileRig.Owner, "b", default));
        Assert.IsType<BlockOutcome.Done>(await PutAsync("c", []));
        await _rig.CheckAsync();
    }

    [Fact]
    public async Task Upload_in_blocks_is_neither_begun_nor_ended_beyond_that_number()
    {
        byte[] file = DatafileRig.Bytes(DatafileRig.Mebibyte + 5);
        BlockRequest first = DatafileRig.Block("big", file, 0, DatafileRig.Mebibyte) with { DatafilesMax = 2 };
        BlockRequest last = DatafileRig.Block("big", file, DatafileRig.Mebibyte) with { DatafilesMax = 2 };
        await PutAsync("a", []);
        Assert.IsType<BlockOutcome.Received>(await DatafileRig.PutAsync(_rig.First, first, file));
        await PutAsync("b", []);
        Assert.IsType<BlockOutcome.TooMany>(await DatafileRig.PutAsync(_rig.First, last, file));
        Assert.IsType<BlockOutcome.TooMany>(await DatafileRig.PutAsync(_rig.First, first with { Name = "other" }, file));
        await _rig.First.DeleteAsync(DatafileRig.Owner, "a", default);
        Assert.IsType<BlockOutcome.Done>(await DatafileRig.PutAsync(_rig.First, last, file));
        await _rig.CheckAsync();
    }

    [Fact]
    public async Task Of_many_at_once_as_many_are_taken_as_allowed()
    {
        BlockOutcome[] outcomes = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Task.Run(() =>
            DatafileRig.PutAsync(_rig.Second, DatafileRig.Block($"f{i}", []) with { DatafilesMax = 5 }, []))));
        Assert.Equal(5, outcomes.Count(outcome => outcome is BlockOutcome.Done));
        Assert.Equal(7, outcomes.Count(outcome => outcome is BlockOutcome.TooMany));
        await _rig.CheckAsync();
    }

    private Task<BlockOutcome> PutAsync(string name, byte[] file, bool replace = false) =>
        DatafileRig.PutAsync(_rig.First, DatafileRig.Block(name, file, replace: replace) with { DatafilesMax = 2 }, file);
}
