using Katanemimena.Core;
using Katanemimena.Service;
using Xunit;

namespace Katanemimena.Tests.Unit.Service.Datafiles;

/// <summary>Another instance is quicker, between what one has read and what it writes.</summary>
public sealed class DatafileRaceTests : IDisposable
{
    private const int Mebibyte = DatafileRig.Mebibyte;

    private static readonly byte[] s_file = DatafileRig.Bytes((2 * Mebibyte) + 100);
    private static readonly byte[] s_other = DatafileRig.Bytes((2 * Mebibyte) + 100, seed: 2);

    private readonly DatafileRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_two_first_blocks_one_begins_the_upload(bool same)
    {
        BeforeWrite(2, () => SecondAsync(same ? s_file : s_other, 0, Mebibyte));
        BlockOutcome outcome = await _rig.PutAsync("a", s_file, 0, Mebibyte);
        Assert.Equal(same ? typeof(BlockOutcome.Received) : typeof(BlockOutcome.OtherUpload), outcome.GetType());
        await FinishAsync(same ? s_file : s_other, Mebibyte);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_two_next_blocks_one_is_kept(bool same)
    {
        byte[] other = [.. s_file];
        other[^101] ^= 1;
        await _rig.PutAsync("a", s_file, 0, Mebibyte);
        BeforeWrite(1, () => SecondAsync(same ? s_file : other, Mebibyte, Mebibyte));
        BlockOutcome outcome = await _rig.PutAsync("a", s_file, Mebibyte, Mebibyte);
        Assert.Equal(same ? typeof(BlockOutcome.Received) : typeof(BlockOutcome.OtherUpload), outcome.GetType());
        await FinishAsync(same ? s_file : other, 2 * Mebibyte);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_two_last_blocks_one_makes_the_datafile(bool same)
    {
        byte[] other = [.. s_file];
        other[^1] ^= 1;
        await _rig.PutAsync("a", s_file, 0, 2 * Mebibyte);
        BeforeWrite(1, () => SecondAsync(same ? s_file : other, 2 * Mebibyte, 100));

        // The quicker one has cleared away what was not recorded.
        await Assert.ThrowsAsync<TransientFault>(() => _rig.PutAsync("a", s_file, 2 * Mebibyte));
        BlockOutcome outcome = await _rig.PutAsync("a", s_file, 2 * Mebibyte);
        Assert.Equal(same ? typeof(BlockOutcome.Done) : typeof(BlockOutcome.WrongOffset), outcome.GetType());
        Assert.Equal(same ? s_file : other, await _rig.ReadAsync("a"));
        await _rig.CheckAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_two_whole_datafiles_one_is_kept(bool same)
    {
        BeforeWrite(2, () => SecondAsync(same ? s_file : s_other, 0, s_file.Length));
        BlockOutcome outcome = await _rig.PutAsync("a", s_file);
        Assert.Equal(same ? typeof(BlockOutcome.Done) : typeof(BlockOutcome.Exists), outcome.GetType());
        Assert.Equal(same ? s_file : s_other, await _rig.ReadAsync("a"));
        await _rig.CheckAsync();
    }

    [Fact]
    public async Task Block_of_an_upload_that_is_dropped_meanwhile_is_not_kept()
    {
        await _rig.PutAsync("a", s_file, 0, Mebibyte);
        BeforeWrite(1, async () => Assert.True(await _rig.Second.DropUploadAsync(DatafileRig.Owner, "a", default)));
        Assert.Equal(0, Assert.IsType<BlockOutcome.WrongOffset>(await _rig.PutAsync("a", s_file, Mebibyte, Mebibyte)).There);
        Assert.Null(await _rig.First.UploadAsync(DatafileRig.Owner, "a", default));
        await _rig.CheckAsync();
    }

    [Fact]
    public async Task Block_does_not_slip_into_another_upload_that_has_come_as_far()
    {
        await _rig.PutAsync("a", s_file, 0, Mebibyte);
        BeforeWrite(1, async () =>
        {
            Assert.True(await _rig.Second.DropUploadAsync(DatafileRig.Owner, "a", default));
            await SecondAsync(s_other, 0, Mebibyte);
        });
        Assert.Equal(Mebibyte, Assert.IsType<BlockOutcome.WrongOffset>(await _rig.PutAsync("a", s_file, Mebibyte, Mebibyte)).There);
        await FinishAsync(s_other, Mebibyte);
    }

    [Fact]
    public async Task Deletion_takes_what_is_there_when_it_is_made()
    {
        await _rig.AddAsync("a", s_file);
        BeforeWrite(1, () => DatafileRig.PutAsync(_rig.Second, DatafileRig.Block("a", s_other, replace: true), s_other));
        Assert.True(await _rig.First.DeleteAsync(DatafileRig.Owner, "a", default));
        Assert.Null(await _rig.ReadAsync("a"));
        Assert.Equal(s_file.Length + s_other.Length, await _rig.First.StoredBytesAsync(DatafileRig.Owner, default));
        await _rig.CheckAsync();
    }

    [Fact]
    public async Task Blocks_that_a_dead_instance_left_go_when_the_datafile_is_done()
    {
        await _rig.PutAsync("a", s_file, 0, Mebibyte);
        string folder = _rig.Volume.List("data")[0][..^(BlockFiles.OffsetDigits + 17)];
        using (VolumeWriter left = _rig.Volume.Create(folder + BlockFiles.Block(Mebibyte, "0123456789abcdef")))
        {
            left.Write([1, 2, 3]);
            left.Publish();
        }

        await FinishAsync(s_file, Mebibyte);
        Assert.Equal(3, _rig.Volume.List("data").Count);
    }

    /// <summary>Has something happen just before the nth transaction from now on that writes.</summary>
    private void BeforeWrite(int nth, Func<Task> happens) => _rig.Store.BeforeNextWrite = nth == 1 ? happens : () =>
    {
        BeforeWrite(nth - 1, happens);
        return Task.CompletedTask;
    };

    private Task<BlockOutcome> SecondAsync(byte[] file, long offset, long length) =>
        DatafileRig.PutAsync(_rig.Second, DatafileRig.Block("a", file, offset, length), file);

    /// <summary>Sends the rest of a file, after which it must be there, byte for byte.</summary>
    private async Task FinishAsync(byte[] file, long offset)
    {
        await _rig.CheckAsync();
        Assert.IsType<BlockOutcome.Done>(await _rig.PutAsync("a", file, offset));
        Assert.Equal(file, await _rig.ReadAsync("a"));
        await _rig.CheckAsync();
    }
}
