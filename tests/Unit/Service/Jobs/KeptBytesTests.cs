using Katanemimena.Core;
using Katanemimena.Orchestration;
using Katanemimena.Service;
using Katanemimena.Tests.Unit.Service.Datafiles;
using Xunit;

namespace Katanemimena.Tests.Unit.Service.Jobs;

/// <summary>What ended jobs keep counts among their owner's bytes until they are deleted.</summary>
public sealed class KeptBytesTests
{
    private const int PartBytes = 5_000;

    [Fact]
    public async Task Result_and_specification_count_from_the_end_of_a_job_until_it_is_deleted()
    {
        using var rig = new JobRig();
        JobId job = await CompletedAsync(rig);
        Assert.Equal(0, await rig.StoredAsync());
        await rig.CleanAsync(job);
        Assert.Equal(await KeptAsync(rig, job), await rig.StoredAsync());
        Assert.True(await rig.StoredAsync() > PartBytes, "the part counts, and more");
        await rig.CleanAsync(job);
        Assert.Equal(await KeptAsync(rig, job), await rig.StoredAsync());
        await JobRig.DeleteAsync(rig.Services(), job);
        Assert.Equal(0, await rig.StoredAsync());
    }

    [Fact]
    public async Task Failed_job_counts_for_its_cards_but_not_for_what_was_cleared_away()
    {
        using var rig = new JobRig();
        JobId job = await rig.SubmitAsync();
        await rig.FailAsync(job);
        await rig.CleanAsync(job);
        Assert.Contains("cards", Assert.Single(rig.Volume.List(JobFiles.Folder(job))), StringComparison.Ordinal);
        Assert.Equal(await KeptAsync(rig, job), await rig.StoredAsync());
    }

    [Fact]
    public async Task Job_in_no_list_counts_for_nobody()
    {
        using var rig = new JobRig();
        JobId job = await new JobStore(rig.Store).SubmitAsync("m0", JobRig.Spec(), default);
        await rig.CompleteAsync(job, new byte[PartBytes]);
        await rig.CleanAsync(job);
        Assert.NotNull((await new JobStore(rig.Store).StateAsync(job, default))!.State.Totals);
        Assert.Equal(0, await rig.StoredAsync());
        Assert.True(await new JobKeeping(rig.Store).CountAsync(job, JobRig.Spec(), "tsv", 7, default));
        Assert.Equal(0, await rig.StoredAsync());
    }

    [Fact]
    public async Task Result_that_is_put_together_counts_once_a_format()
    {
        using var rig = new JobRig();
        JobId job = await CompletedAsync(rig);
        JobSpec spec = (await new JobStore(rig.Store).SpecAsync(job, default))!;
        var keeping = new JobKeeping(rig.Store);
        foreach (string format in (string[])["tsv", "json", "tsv"])
        {
            Assert.True(await keeping.CountAsync(job, spec, format, 100, default));
        }

        Assert.Equal(200, await rig.StoredAsync());
        await rig.CleanAsync(job);
        Assert.Equal(200 + await KeptAsync(rig, job), await rig.StoredAsync());
        await JobRig.DeleteAsync(rig.Services(), job);
        Assert.Equal(0, await rig.StoredAsync());
        Assert.False(await keeping.CountAsync(job, spec, "jsonl", 100, default));
        Assert.Equal(0, await rig.StoredAsync());
    }

    [Theory]
    [InlineData("clean")]
    [InlineData("delete")]
    [InlineData("count")]
    public async Task Sum_is_right_whatever_else_is_stored_or_deleted_meanwhile(string what)
    {
        for (int call = 1; ; call++)
        {
            using var rig = new JobRig();
            JobId job = await CompletedAsync(rig);
            JobId other = await CompletedAsync(rig);
            await rig.CleanAsync(other);
            JobSpec spec = (await new JobStore(rig.Store).SpecAsync(job, default))!;
            if (what == "delete")
            {
                await rig.CleanAsync(job);
            }

            byte[] file = DatafileRig.Bytes(300);
            var store = new InterruptedStore(rig.Store, call, async () =>
            {
                Assert.IsType<BlockOutcome.Done>(await DatafileRig.PutAsync(rig.Datafiles, DatafileRig.Block("late", file, owner: JobRig.Owner), file));
                await JobRig.DeleteAsync(rig.Services(), other);
            });
            await (what switch
            {
                "clean" => rig.CleanAsync(job, store),
                "delete" => JobRig.DeleteAsync(rig.Services(store), job),
                _ => CountAsync(),
            });
            if (!store.Happened)
            {
                Assert.True(call > 2, "it happened at every step");
                return;
            }

            long kept = what switch { "clean" => await KeptAsync(rig, job), "delete" => 0, _ => 100 };
            Assert.Equal(file.Length + kept, await rig.StoredAsync());

            async ValueTask CountAsync() => Assert.True(await new JobKeeping(store).CountAsync(job, spec, "tsv", 100, default));
        }
    }

    [Fact]
    public async Task Whoever_has_more_stored_than_allowed_submits_no_job()
    {
        using var rig = new JobRig();
        JobId job = await CompletedAsync(rig);
        await rig.CleanAsync(job);
        long stored = await rig.StoredAsync();
        var register = new JobRegister(rig.Store);
        JobSpec next = JobRig.Spec() with { Submitted = rig.Clock.GetUtcNow() };
        RegistrationResult refused = await register.StoreAsync(next, new JobRegistration { OpenJobsMax = 9, StoredBytesMax = stored - 1 }, default);
        Assert.Equal(stored, Assert.IsType<RegistrationResult.OverQuota>(refused).StoredBytes);
        Assert.IsType<RegistrationResult.Stored>(await register.StoreAsync(next, new JobRegistration { OpenJobsMax = 9, StoredBytesMax = stored }, default));
    }

    private static async Task<JobId> CompletedAsync(JobRig rig)
    {
        JobId job = await rig.SubmitAsync();
        await rig.CompleteAsync(job, new byte[PartBytes]);
        return job;
    }

    /// <summary>Bytes of the job's files and specification as they are.</summary>
    private static async Task<long> KeptAsync(JobRig rig, JobId job)
    {
        long bytes = (await rig.Store.RangeAsync(KeyRange.One(JobKeys.Spec(job)), default)).Keys.Single().Value.Length;
        foreach (string path in rig.Volume.List(JobFiles.Folder(job)))
        {
            using VolumeReader file = rig.Volume.Open(path);
            bytes += file.Length;
        }

        return bytes;
    }
}
