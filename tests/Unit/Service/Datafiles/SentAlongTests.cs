using Katanemimena.Core;
using Katanemimena.Orchestration;
using Katanemimena.Service;
using Katanemimena.Tests.Unit.Service.Jobs;
using Xunit;

namespace Katanemimena.Tests.Unit.Service.Datafiles;

/// <summary>Data sent along with jobs, when the process that took it in dies.</summary>
public sealed class SentAlongTests : IDisposable
{
    private static readonly UserStanding s_standing = new(10, long.MaxValue, 100, KeyCondition.Absent("/test/deleted"));

    private readonly JobRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Data_that_no_job_has_is_deleted_after_an_hour_and_its_bytes_are_given_back()
    {
        await AddAsync("one/0-a");
        await AddAsync("one/1-b");
        await AddAsync("two/0-a");
        Assert.IsType<BlockOutcome.Done>(await DatafileRig.PutAsync(_rig.Datafiles, DatafileRig.Block("own", [1], owner: JobRig.Owner), [1]));
        await SweepAfterAsync(DatafileSweeper.LooseTime - TimeSpan.FromMinutes(1));
        Assert.Equal(10, await _rig.StoredAsync());
        await AddAsync("two/1-b");
        await SweepAfterAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(7, await _rig.StoredAsync());
        await SweepAfterAsync(DatafileSweeper.LooseTime);
        Assert.Equal(1, await _rig.StoredAsync());
        await SweepAfterAsync(DatafileSweeper.LooseTime);
        Assert.Equal(0, (await _rig.Store.RangeAsync(KeyRange.Prefix(DatafileKeys.Sent), default)).Count);
        Assert.Equal(2, _rig.Volume.List("data").Count);
    }

    [Fact]
    public async Task Data_that_a_job_has_stays_until_the_job_is_deleted()
    {
        InputFile input = await AddAsync("one/0-a");
        JobId job = Assert.IsType<RegistrationResult.Stored>(await StoreAsync(input, await ClaimAsync(input))).Job;
        await SweepAfterAsync(2 * DatafileSweeper.LooseTime);
        Assert.Equal(3, await _rig.StoredAsync());
        await new JobStore(_rig.Store).EndAsync(job, new CancelRequested(_rig.Clock.GetUtcNow()), default);
        await SweepAfterAsync(2 * DatafileSweeper.LooseTime);
        await JobRig.DeleteAsync(_rig.Services(), job);
        Assert.Equal(0, await _rig.StoredAsync());
    }

    [Fact]
    public async Task No_job_is_stored_whose_data_was_swept_away()
    {
        InputFile input = await AddAsync("one/0-a");
        KeyCondition claim = await ClaimAsync(input);
        await SweepAfterAsync(DatafileSweeper.LooseTime);
        Assert.Equal(claim.Key, Assert.IsType<RegistrationResult.Outdated>(await StoreAsync(input, claim)).Key);
        Assert.Null(await _rig.Datafiles.SentAsync(JobRig.Owner, input.Name, default));
    }

    [Fact]
    public async Task Sweep_that_is_cut_off_anywhere_is_taken_up_again_and_lets_no_job_have_half_of_its_data()
    {
        for (int writes = 0; ; writes++)
        {
            using var rig = new JobRig();
            foreach (string name in (string[])[".job/one/0-a", ".job/one/1-b"])
            {
                Assert.IsType<BlockOutcome.Done>(await rig.Datafiles.AddAsync(JobRig.Owner, name, new MemoryStream([1, 2, 3]), s_standing, default));
            }

            rig.Clock.Advance(DatafileSweeper.LooseTime);
            bool cut = false;
            try
            {
                await new DatafileSweeper(new DyingStore(rig.Store, writes), rig.Volume, rig.Clock).SweepAsync(default);
            }
            catch (TransientFault)
            {
                cut = true;
            }

            bool whole = await rig.StoredAsync() == 6;
            Assert.True(whole || await rig.Datafiles.SentAsync(JobRig.Owner, ".job/one/0-a", default) is null, "half of it is nobody's");
            await new DatafileSweeper(rig.Store, rig.Volume, rig.Clock).SweepAsync(default);
            Assert.Equal(0, await rig.StoredAsync());
            if (!cut)
            {
                Assert.True(writes > 3, "it was cut off at every write");
                return;
            }
        }
    }

    [Fact]
    public async Task More_data_of_a_submission_that_is_being_swept_away_is_not_taken()
    {
        InputFile input = await AddAsync("one/0-a");
        _rig.Clock.Advance(DatafileSweeper.LooseTime);
        await Assert.ThrowsAsync<TransientFault>(async () => await new DatafileSweeper(new DyingStore(_rig.Store, writesMade: 1), _rig.Volume, _rig.Clock).SweepAsync(default));
        Assert.IsType<BlockOutcome.TooSlow>(await _rig.Datafiles.AddAsync(JobRig.Owner, ".job/one/1-b", new MemoryStream([1]), s_standing, default));
        Assert.Null(await _rig.Datafiles.SentAsync(JobRig.Owner, input.Name, default));
    }

    private async Task<InputFile> AddAsync(string name) => Assert.IsType<BlockOutcome.Done>(
        await _rig.Datafiles.AddAsync(JobRig.Owner, DatafileName.Hidden + name, new MemoryStream([1, 2, 3]), s_standing, default)).File.ToInput();

    private async Task<KeyCondition> ClaimAsync(InputFile input) => Assert.NotNull(await _rig.Datafiles.SentAsync(JobRig.Owner, input.Name, default));

    private async Task<RegistrationResult> StoreAsync(InputFile input, KeyCondition claim)
    {
        await _rig.PutAsync(JobKeys.ManagerAlive("m0"), []);
        return await new JobRegister(_rig.Store).StoreAsync(
            JobRig.Spec(input) with { Submitted = _rig.Clock.GetUtcNow() }, new JobRegistration { OpenJobsMax = 10, Conditions = [claim], Removes = claim.Key }, default);
    }

    private async Task SweepAfterAsync(TimeSpan time)
    {
        _rig.Clock.Advance(time);
        await new DatafileSweeper(_rig.Store, _rig.Volume, _rig.Clock).SweepAsync(default);
    }
}
