using Katanemimena.Core;
using Katanemimena.Orchestration;
using Katanemimena.Service;
using Katanemimena.Tests.Unit.Service.Jobs;
using Xunit;

namespace Katanemimena.Tests.Unit.Service.Datafiles;

/// <summary>What a sweep costs, and what damaged records do to it.</summary>
public sealed class DatafileSweepCostTests : IDisposable
{
    private readonly JobRig _rig = new();
    private readonly List<string> _reported = [];

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Specification_of_an_open_job_is_read_once_and_of_an_ended_one_forgotten()
    {
        JobId job = await _rig.SubmitAsync(JobRig.Spec(await DeletedAsync("read")));
        await DeletedAsync("unread");
        _rig.Clock.Advance(DatafileSweeper.LooseTime);
        var store = new CountingStore(_rig.Store);
        DatafileSweeper sweeper = Sweeper(store);
        await sweeper.SweepAsync(default);
        Assert.Equal(2, _rig.Volume.List("data").Count);
        long first = store.Calls;
        await sweeper.SweepAsync(default);
        Assert.Equal(4, store.Calls - first);
        await new JobStore(_rig.Store).EndAsync(job, new CancelRequested(_rig.Clock.GetUtcNow()), default);
        await _rig.CleanAsync(job);
        await sweeper.SweepAsync(default);
        Assert.Empty(_rig.Volume.List("data"));
    }

    [Fact]
    public async Task However_many_jobs_are_open_one_sweep_reads_them_all_and_deletes_what_none_reads()
    {
        InputFile read = await DeletedAsync("read");
        InputFile unread = await DeletedAsync("unread");
        const int jobs = 300;
        for (int i = 0; i < jobs; i++)
        {
            await _rig.SubmitAsync();
        }

        await _rig.SubmitAsync(JobRig.Spec(read));
        _rig.Clock.Advance(DatafileSweeper.LooseTime);
        var store = new CountingStore(_rig.Store);
        DatafileSweeper sweeper = Sweeper(store);
        await sweeper.SweepAsync(default);
        Assert.InRange(store.Calls, jobs + 1, jobs + 12);
        Assert.Equal(2, _rig.Volume.List("data").Count);
        Assert.True(DatafileSource.TryParse(unread.Source, out string id, out _));
        Assert.Empty(_rig.Volume.List(BlockFiles.Folder(id)));
    }

    [Fact]
    public async Task Damaged_records_are_reported_by_their_keys_and_passed_over()
    {
        JobId job = await _rig.SubmitAsync();
        string[] damaged = [DatafileKeys.Upload("ada", "a"), DatafileKeys.Sent + "ada/one", DatafileKeys.LooseId("00"), JobKeys.Spec(job)];
        foreach (string key in damaged)
        {
            await _rig.PutAsync(key, "{"u8.ToArray());
        }

        await DeletedAsync("unread");
        _rig.Clock.Advance(DatafileSweeper.LooseTime);
        await Sweeper(_rig.Store).SweepAsync(default);
        Assert.Empty(_rig.Volume.List("data"));
        Assert.Equal(damaged.Length, _reported.Count);
        Assert.All(damaged, key => Assert.Contains(_reported, report => report.Contains($"'{key}'", StringComparison.Ordinal)));
    }

    private DatafileSweeper Sweeper(IKeyValueStore store) => new(store, _rig.Volume, _rig.Clock, (_, fault) => _reported.Add(fault.Message));

    /// <summary>A datafile that was found and then deleted, so that its blocks are loose.</summary>
    private async Task<InputFile> DeletedAsync(string name)
    {
        InputFile input = Assert.IsType<BlockOutcome.Done>(await DatafileRig.PutAsync(_rig.Datafiles, DatafileRig.Block(name, [1, 2], owner: JobRig.Owner), [1, 2])).File.ToInput();
        Assert.True(await _rig.Datafiles.DeleteAsync(JobRig.Owner, name, default));
        return input;
    }
}
