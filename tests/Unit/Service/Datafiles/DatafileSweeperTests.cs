using Katanemimena.Core;
using Katanemimena.Orchestration;
using Katanemimena.Service;
using Xunit;

namespace Katanemimena.Tests.Unit.Service.Datafiles;

public sealed class DatafileSweeperTests : IDisposable
{
    private const int Mebibyte = DatafileRig.Mebibyte;

    private static readonly byte[] s_file = DatafileRig.Bytes((2 * Mebibyte) + 100);
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private readonly DatafileRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Blocks_of_a_deleted_datafile_go_after_an_hour()
    {
        await _rig.AddInBlocksAsync("a", s_file, Mebibyte);
        await _rig.AddAsync("b");
        await _rig.First.DeleteAsync(DatafileRig.Owner, "a", default);
        await SweepAfterAsync(DatafileSweeper.LooseTime - s_second);
        Assert.Equal(6, _rig.Volume.List("data").Count);
        await SweepAfterAsync(s_second);
        Assert.Equal(2, _rig.Volume.List("data").Count);
        Assert.NotNull(await _rig.ReadAsync("b"));
        await _rig.CheckAsync();
        Assert.Equal(0, (await _rig.Truth.RangeAsync(KeyRange.Prefix(DatafileKeys.Loose), default)).Count);
    }

    [Fact]
    public async Task Blocks_that_an_open_job_reads_stay_until_it_has_ended()
    {
        Datafile replaced = await _rig.AddInBlocksAsync("a", s_file, Mebibyte);
        Datafile deleted = await _rig.AddAsync("b");
        JobId job = await SubmitAsync([replaced.ToInput(), deleted.ToInput(), new InputFile("/local", 1, false)]);
        await _rig.AddAsync("a", [1], replace: true);
        await _rig.First.DeleteAsync(DatafileRig.Owner, "b", default);
        await SweepAfterAsync(TimeSpan.FromDays(3));
        Assert.Equal(s_file.Length + 2, await _rig.First.StoredBytesAsync(DatafileRig.Owner, default));
        using (VolumeReader reader = new DatafileReader(_rig.Volume).Open(replaced.ToInput()))
        {
            Assert.Equal(s_file, DatafileRig.ReadAll(reader));
        }

        await _rig.Truth.TransactAsync(new Transaction { Writes = [new KeyWrite.Delete(KeyRange.One(JobKeys.Open(job)))] }, default);
        await SweepAfterAsync(s_second);
        Assert.Equal(2, _rig.Volume.List("data").Count);
        Assert.Equal(1, await _rig.First.StoredBytesAsync(DatafileRig.Owner, default));
        await _rig.CheckAsync();
        Assert.Equal([1], (await _rig.ReadAsync("a"))!);
    }

    [Fact]
    public async Task Upload_without_a_block_for_a_day_is_dropped_and_counts_for_what_came_of_it_until_that_is_gone()
    {
        await _rig.PutAsync("a", s_file, 0, Mebibyte);
        await SweepAfterAsync(DatafileSweeper.UploadTime - s_second);
        await _rig.PutAsync("a", s_file, Mebibyte, Mebibyte);
        await SweepAfterAsync(DatafileSweeper.UploadTime - s_second);
        Assert.NotNull(await _rig.First.UploadAsync(DatafileRig.Owner, "a", default));
        await SweepAfterAsync(s_second);
        Assert.Null(await _rig.First.UploadAsync(DatafileRig.Owner, "a", default));
        Assert.Equal(2 * Mebibyte, await _rig.First.StoredBytesAsync(DatafileRig.Owner, default));
        await _rig.CheckAsync();
        await SweepAfterAsync(DatafileSweeper.LooseTime);
        Assert.Equal(0, await _rig.First.StoredBytesAsync(DatafileRig.Owner, default));
        Assert.Empty(_rig.Volume.List(""));
    }

    [Theory]
    [InlineData(0, 2 * Mebibyte)]
    [InlineData(0, Mebibyte)]
    [InlineData(Mebibyte, Mebibyte)]
    public async Task Block_longer_under_way_than_blocks_without_a_record_stay_is_not_recorded(int offset, int length)
    {
        if (offset > 0)
        {
            await _rig.PutAsync("a", s_file, 0, offset);
        }

        byte[] file = offset == 0 && length == 2 * Mebibyte ? s_file[..length] : s_file;
        var slow = new SlowStream(new MemoryStream(file, offset, length), async () =>
        {
            await SweepAfterAsync(DatafileSweeper.UploadTime);
            await SweepAfterAsync(DatafileSweeper.LooseTime);
        });
        Assert.IsType<BlockOutcome.TooSlow>(await _rig.First.PutAsync(DatafileRig.Block("a", file, offset, length), slow, default));
        Assert.Empty(_rig.Volume.List(""));
        Assert.Equal(0, await _rig.First.StoredBytesAsync(DatafileRig.Owner, default));
        Assert.Null(await _rig.First.FindAsync(DatafileRig.Owner, "a", default));
    }

    [Fact]
    public async Task Block_that_has_arrived_when_its_place_is_cleared_is_not_recorded()
    {
        // Announced, written and published; then the sweep, then the transaction.
        _rig.Store.BeforeNextWrite = () =>
        {
            _rig.Store.BeforeNextWrite = () => SweepAfterAsync(DatafileSweeper.LooseTime);
            return Task.CompletedTask;
        };
        Assert.IsType<BlockOutcome.TooSlow>(await _rig.PutAsync("a", s_file));
        Assert.Empty(_rig.Volume.List(""));
        await _rig.CheckAsync();
    }

    [Fact]
    public async Task What_a_dead_instance_left_is_swept_away()
    {
        using var rig = new DatafileRig(store => new DyingStore(store, writesMade: 1));
        await Assert.ThrowsAsync<TransientFault>(() => rig.PutAsync("a", s_file));
        Assert.NotEmpty(rig.Volume.List(""));
        await rig.CheckAsync();
        rig.Clock.Advance(DatafileSweeper.LooseTime);
        await rig.Sweeper.SweepAsync(default);
        Assert.Empty(rig.Volume.List(""));
        await rig.CheckAsync();
    }

    [Fact]
    public async Task Answer_of_the_store_that_is_lost_loses_no_block()
    {
        using var rig = new DatafileRig(store => new DyingStore(store, writesMade: 2, answers: 1));
        await Assert.ThrowsAsync<TransientFault>(() => rig.PutAsync("a", s_file));
        Assert.Equal(s_file, rig.Read((await rig.Second.FindAsync(DatafileRig.Owner, "a", default))!));
        await rig.CheckAsync();
        rig.Clock.Advance(DatafileSweeper.UploadTime);
        await rig.Sweeper.SweepAsync(default);
        await rig.CheckAsync();
        Assert.IsType<BlockOutcome.Done>(await DatafileRig.PutAsync(rig.Second, DatafileRig.Block("a", s_file), s_file));
    }

    [Fact]
    public async Task Sender_who_goes_away_in_the_middle_leaves_nothing_behind()
    {
        byte[] file = DatafileRig.Bytes(DatafileStore.BlockBytesMax + Mebibyte);
        var gone = new SlowStream(new MemoryStream(file), () => throw new IOException("the connection was reset"), after: DatafileStore.BlockBytesMax);
        await Assert.ThrowsAsync<IOException>(async () => await _rig.First.AddAsync(DatafileRig.Owner, ".job/x/0-a", gone, long.MaxValue, default));
        var first = new SlowStream(new MemoryStream(file, 0, 2 * Mebibyte), () => throw new IOException("the connection was reset"));
        await Assert.ThrowsAsync<IOException>(async () => await _rig.First.PutAsync(DatafileRig.Block("a", file, 0, 2 * Mebibyte), first, default));
        Assert.Empty(_rig.Volume.List(""));
        Assert.Equal(0, (await _rig.Truth.RangeAsync(KeyRange.Prefix("/mr/"), default)).Count);
    }

    [Fact]
    public async Task Loose_blocks_of_an_older_version_give_nothing_back()
    {
        await _rig.AddAsync("a", [1]);
        await _rig.Truth.TransactAsync(
            new Transaction { Writes = [new KeyWrite.Put(DatafileKeys.LooseId("0123"), System.Text.Encoding.ASCII.GetBytes("""{"since":"2000-01-01T00:00:00+00:00","doomed":false}"""))] }, default);
        await SweepAfterAsync(DatafileSweeper.LooseTime);
        Assert.Equal(0, (await _rig.Truth.RangeAsync(KeyRange.Prefix(DatafileKeys.Loose), default)).Count);
        Assert.Equal(1, await _rig.First.StoredBytesAsync(DatafileRig.Owner, default));
    }

    private async Task SweepAfterAsync(TimeSpan time)
    {
        _rig.Clock.Advance(time);
        await _rig.Sweeper.SweepAsync(default);
    }

    private async Task<JobId> SubmitAsync(IReadOnlyList<InputFile> inputs)
    {
        var code = new CodeFile { Name = "count", Path = "/count", Sha256 = "00", Contract = CodeContract.DotNet };
        return await new JobStore(_rig.Truth).SubmitAsync("manager", new JobSpec { Inputs = inputs, Mapper = code, Reducer = code }, default);
    }

    /// <summary>A body in the middle of which something happens.</summary>
    private sealed class SlowStream(Stream body, Func<Task> happens, long? after = null) : Stream
    {
        private bool _happened;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!_happened && body.Position > (after ?? body.Length / 2))
            {
                _happened = true;
                await happens();
            }

            return await body.ReadAsync(buffer, cancellationToken);
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
