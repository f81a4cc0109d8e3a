using Katanemimena.Core;
using Katanemimena.DataPath;
using Katanemimena.Service;
using Xunit;

namespace Katanemimena.Tests.Unit.Service.Datafiles;

public sealed class DatafileUploadTests : IDisposable
{
    private const int Mebibyte = DatafileRig.Mebibyte;

    private static readonly byte[] s_file = DatafileRig.Bytes((3 * Mebibyte) + 100);

    private readonly DatafileRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Blocks_make_a_datafile()
    {
        DatafileUpload upload = Received(await _rig.PutAsync("a", s_file, 0, Mebibyte));
        Assert.Equal(new DatafileUpload("a", s_file.Length, Mebibyte, _rig.Clock.GetUtcNow()), upload);
        Assert.Null(await _rig.First.FindAsync(DatafileRig.Owner, "a", default));
        _rig.Clock.Advance(TimeSpan.FromMinutes(1));
        upload = Received(await DatafileRig.PutAsync(_rig.Second, DatafileRig.Block("a", s_file, Mebibyte, 2 * Mebibyte), s_file));
        Assert.Equal((3 * Mebibyte, _rig.Clock.GetUtcNow()), (upload.Received, upload.Touched));
        Assert.Equal(upload, await _rig.First.UploadAsync(DatafileRig.Owner, "a", default));
        Assert.Equal(s_file.Length, await _rig.First.StoredBytesAsync(DatafileRig.Owner, default));
        await _rig.CheckAsync();

        Datafile done = Done(await _rig.PutAsync("a", s_file, 3 * Mebibyte));
        Assert.Equal((s_file.Length, Crc32C.Append(0, s_file)), (done.Bytes, done.Crc32C));
        Assert.Equal(s_file, await _rig.ReadAsync("a"));
        Assert.Null(await _rig.First.UploadAsync(DatafileRig.Owner, "a", default));
        Assert.Equal(0, (await _rig.Truth.RangeAsync(KeyRange.Prefix("/mr/blocks/"), default)).Count);
        Assert.Equal(0, (await _rig.Truth.RangeAsync(KeyRange.Prefix(DatafileKeys.Loose), default)).Count);
        await _rig.CheckAsync();
    }

    [Fact]
    public async Task Block_that_leaves_a_gap_is_told_where_to_go_on()
    {
        Assert.Equal(0, There(await _rig.PutAsync("a", s_file, Mebibyte, Mebibyte)));
        await _rig.PutAsync("a", s_file, 0, Mebibyte);
        Assert.Equal(Mebibyte, There(await _rig.PutAsync("a", s_file, 2 * Mebibyte, Mebibyte)));
        Assert.Equal(Mebibyte, There(await _rig.PutAsync("a", s_file, 3 * Mebibyte)));
        Assert.Equal(Mebibyte, There(await _rig.PutAsync("a", s_file, Mebibyte / 2, Mebibyte)));
        await _rig.CheckAsync();
    }

    [Fact]
    public async Task Block_sent_again_is_answered_as_if_it_were_new_whatever_its_borders()
    {
        await _rig.PutAsync("a", s_file, 0, Mebibyte);
        await _rig.PutAsync("a", s_file, Mebibyte, Mebibyte);
        int files = _rig.Volume.List("").Count;
        Assert.Equal(2 * Mebibyte, Received(await _rig.PutAsync("a", s_file, 0, Mebibyte)).Received);
        Assert.Equal(2 * Mebibyte, Received(await _rig.PutAsync("a", s_file, 1000, Mebibyte)).Received);
        Assert.Equal(2 * Mebibyte, Received(await _rig.PutAsync("a", s_file, 0, 2 * Mebibyte)).Received);
        Assert.Equal(files, _rig.Volume.List("").Count);
        await _rig.PutAsync("a", s_file, 2 * Mebibyte, Mebibyte);
        string id = Done(await _rig.PutAsync("a", s_file, 3 * Mebibyte)).Id;
        Assert.Equal(id, Done(await _rig.PutAsync("a", s_file, 3 * Mebibyte)).Id);
        Assert.Equal(id, Done(await _rig.PutAsync("a", s_file, 3 * Mebibyte, replace: true)).Id);
        await _rig.CheckAsync();
    }

    [Fact]
    public async Task Last_block_of_another_file_does_not_pass_for_the_datafile_that_is_there()
    {
        await _rig.AddInBlocksAsync("a", s_file, Mebibyte);
        byte[] other = [.. s_file];
        other[^1] ^= 1;
        Assert.Equal(0, There(await _rig.PutAsync("a", other, 3 * Mebibyte, replace: true)));
        BlockRequest last = DatafileRig.Block("a", s_file, 3 * Mebibyte, replace: true);
        Assert.Equal(0, There(await DatafileRig.PutAsync(_rig.First, last with { FileCrc32C = 1 }, s_file)));
        Assert.Equal(0, There(await _rig.PutAsync("a", s_file[..^1], 3 * Mebibyte, replace: true)));
    }

    [Fact]
    public async Task Other_bytes_or_another_size_do_not_mix_with_an_upload_under_way()
    {
        byte[] other = [.. s_file];
        other[Mebibyte - 1] ^= 1;
        await _rig.PutAsync("a", s_file, 0, Mebibyte);
        var refused = Assert.IsType<BlockOutcome.OtherUpload>(await _rig.PutAsync("a", other, 0, Mebibyte));
        Assert.Equal((s_file.Length, Mebibyte), (refused.Upload.Total, refused.Upload.Received));
        Assert.IsType<BlockOutcome.OtherUpload>(await _rig.PutAsync("a", s_file[..^1], Mebibyte, Mebibyte));
        Assert.True(await _rig.First.DropUploadAsync(DatafileRig.Owner, "a", default));
        Assert.False(await _rig.First.DropUploadAsync(DatafileRig.Owner, "a", default));
        Assert.Equal(Mebibyte, await _rig.First.StoredBytesAsync(DatafileRig.Owner, default));
        Assert.Equal(Mebibyte, Received(await _rig.PutAsync("a", other, 0, Mebibyte)).Received);
        await _rig.CheckAsync();
    }

    [Fact]
    public async Task Checksum_that_is_wrong_keeps_nothing()
    {
        BlockRequest first = DatafileRig.Block("a", s_file, 0, Mebibyte);
        uint crc = Crc32C.Append(0, s_file.AsSpan(0, Mebibyte));
        Assert.Equal(new BlockOutcome.WrongChecksum(false, crc), await DatafileRig.PutAsync(_rig.First, first with { Crc32C = crc ^ 1 }, s_file));
        Assert.Empty(_rig.Volume.List(""));
        Received(await DatafileRig.PutAsync(_rig.First, first with { Crc32C = crc, FileCrc32C = 1 }, s_file));
        Received(await _rig.PutAsync("a", s_file, Mebibyte, 2 * Mebibyte));
        BlockRequest last = DatafileRig.Block("a", s_file, 3 * Mebibyte);
        uint whole = Crc32C.Append(0, s_file);
        Assert.Equal(new BlockOutcome.WrongChecksum(true, whole), await DatafileRig.PutAsync(_rig.First, last with { FileCrc32C = whole ^ 1 }, s_file));
        await _rig.CheckAsync();
        Assert.Equal(3 * Mebibyte, (await _rig.First.UploadAsync(DatafileRig.Owner, "a", default))!.Received);
        Done(await DatafileRig.PutAsync(_rig.First, last with { FileCrc32C = whole }, s_file));
        Assert.Equal(new BlockOutcome.WrongChecksum(true, whole), await DatafileRig.PutAsync(_rig.First, DatafileRig.Block("b", s_file) with { FileCrc32C = 1 }, s_file));
        await _rig.CheckAsync();
    }

    [Fact]
    public async Task Body_of_another_length_than_announced_keeps_nothing()
    {
        BlockRequest block = DatafileRig.Block("a", s_file, 0, Mebibyte);
        await Assert.ThrowsAsync<EndOfStreamException>(async () => await _rig.First.PutAsync(block, new MemoryStream(s_file, 0, Mebibyte - 1), default));
        await Assert.ThrowsAsync<EndOfStreamException>(async () => await _rig.First.PutAsync(block, new MemoryStream(s_file, 0, Mebibyte + 1), default));
        Assert.Empty(_rig.Volume.List(""));
        Assert.Null(await _rig.First.UploadAsync(DatafileRig.Owner, "a", default));
        await _rig.CheckAsync();
    }

    [Theory]
    [InlineData(0, Mebibyte - 1, 2 * Mebibyte)]
    [InlineData(0, DatafileStore.BlockBytesMax + 1, 100L * Mebibyte)]
    [InlineData(Mebibyte, Mebibyte, Mebibyte)]
    [InlineData(long.MaxValue, Mebibyte, 2 * Mebibyte)]
    [InlineData(-1, Mebibyte, 2 * Mebibyte)]
    [InlineData(Mebibyte, 0, Mebibyte)]
    [InlineData(0, Mebibyte, long.MaxValue)]
    [InlineData(0, -1, -1)]
    public async Task Block_that_can_be_none_is_refused(long offset, long length, long total)
    {
        var block = new BlockRequest { Owner = DatafileRig.Owner, Name = "a", Offset = offset, Length = length, Total = total };
        Assert.NotNull(block.Check());
        await Assert.ThrowsAsync<ArgumentException>(async () => await _rig.First.PutAsync(block, Stream.Null, default));
    }

    [Fact]
    public async Task Datafile_that_comes_up_meanwhile_is_not_replaced_unasked()
    {
        await _rig.PutAsync("a", s_file, 0, 3 * Mebibyte);
        await _rig.AddAsync("a", [7]);
        Assert.IsType<BlockOutcome.Exists>(await _rig.PutAsync("a", s_file, 3 * Mebibyte));
        Assert.Equal([7], (await _rig.ReadAsync("a"))!);
        Done(await _rig.PutAsync("a", s_file, 3 * Mebibyte, replace: true));
        Assert.Equal(s_file, await _rig.ReadAsync("a"));
        Assert.IsType<BlockOutcome.Exists>(await _rig.PutAsync("a", s_file, 0, Mebibyte));
        await _rig.CheckAsync();
    }

    [Fact]
    public async Task Uploads_count_as_large_as_they_are_to_be()
    {
        long quota = s_file.Length + 10;
        Assert.Equal(0, Assert.IsType<BlockOutcome.OverQuota>(await _rig.PutAsync("a", s_file, 0, Mebibyte, quota: s_file.Length - 1)).Stored);
        Received(await _rig.PutAsync("a", s_file, 0, Mebibyte, quota: quota));
        Assert.Equal(s_file.Length, Assert.IsType<BlockOutcome.OverQuota>(await _rig.PutAsync("b", new byte[11], quota: quota)).Stored);
        Done(await _rig.PutAsync("b", new byte[10], quota: quota));
        Assert.IsType<BlockOutcome.OverQuota>(await _rig.PutAsync("c", [1], quota: quota));
        Assert.IsType<BlockOutcome.OverQuota>(await _rig.PutAsync("b", [1], replace: true, quota: quota));
        Assert.True(await _rig.First.DeleteAsync(DatafileRig.Owner, "b", default));
        Assert.IsType<BlockOutcome.OverQuota>(await _rig.PutAsync("c", [1], quota: quota));
        _rig.Clock.Advance(DatafileSweeper.LooseTime);
        await _rig.Sweeper.SweepAsync(default);
        Done(await _rig.PutAsync("c", [1], quota: quota));
        await _rig.CheckAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Quota_is_kept_with_uploads_that_begin_at_once(bool whole)
    {
        long? length = whole ? null : Mebibyte;
        long quota = (2 * s_file.Length) - 1;
        _rig.Store.BeforeNextWrite = () =>
        {
            // After the announcement, between reading what is stored and writing.
            _rig.Store.BeforeNextWrite = async () =>
                Assert.False(await DatafileRig.PutAsync(_rig.Second, DatafileRig.Block("b", s_file, 0, length, quota: quota), s_file) is BlockOutcome.OverQuota);
            return Task.CompletedTask;
        };
        Assert.IsType<BlockOutcome.OverQuota>(await _rig.PutAsync("a", s_file, 0, length, quota: quota));
        Assert.Equal(s_file.Length, await _rig.First.StoredBytesAsync(DatafileRig.Owner, default));
        await _rig.CheckAsync();
    }

    private static DatafileUpload Received(BlockOutcome outcome) => Assert.IsType<BlockOutcome.Received>(outcome).Upload;

    private static Datafile Done(BlockOutcome outcome) => Assert.IsType<BlockOutcome.Done>(outcome).File;

    private static long There(BlockOutcome outcome) => Assert.IsType<BlockOutcome.WrongOffset>(outcome).There;
}
