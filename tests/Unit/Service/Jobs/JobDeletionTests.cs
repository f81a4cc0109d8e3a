using Katanemimena.Core;
using Katanemimena.Orchestration;
using Katanemimena.Service;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Unit.Service.Jobs;

/// <summary>Jobs that are deleted by several at once.</summary>
public sealed class JobDeletionTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Job_deleted_in_the_midst_of_its_deletion_is_gone_for_both(bool cleaned)
    {
        for (int call = 1; ; call++)
        {
            using var rig = new JobRig();
            JobId job = await rig.SubmitAsync();
            await rig.FailAsync(job);
            if (cleaned)
            {
                await rig.CleanAsync(job);
            }

            var store = new InterruptedStore(rig.Store, call, async () => await JobRig.DeleteAsync(rig.Services(), job));
            await DeleteAsync(rig.Services(store), job);
            await NothingIsLeftAsync(rig, job);
            if (!store.Happened)
            {
                Assert.True(call > 5, "it happened at every step of the deletion");
                return;
            }
        }
    }

    [Fact]
    public async Task Job_deleted_while_its_manager_cleans_it_up_is_gone()
    {
        for (int call = 1; ; call++)
        {
            using var rig = new JobRig();
            JobId job = await rig.SubmitAsync();
            await rig.FailAsync(job);
            var store = new InterruptedStore(rig.Store, call, async () => await JobRig.DeleteAsync(rig.Services(), job));
            await rig.CleanAsync(job, store);
            if (!store.Happened)
            {
                Assert.True(call > 4, "it happened at every step of the cleaning");
                return;
            }

            await NothingIsLeftAsync(rig, job);
        }
    }

    [Fact]
    public async Task Job_deleted_by_many_at_once_is_gone_for_all()
    {
        for (int round = 0; round < 20; round++)
        {
            using var rig = new JobRig();
            JobId job = await rig.SubmitAsync();
            await rig.FailAsync(job);
            JobServices services = rig.Services();
            await Parallel.ForAsync(0, 8, async (_, _) => await DeleteAsync(services, job));
            await NothingIsLeftAsync(rig, job);
        }
    }

    private static async Task DeleteAsync(JobServices services, JobId job)
    {
        try
        {
            await JobRig.DeleteAsync(services, job);
        }
        catch (JobRefused refused) when (refused.Code == ProblemCodes.NotFound)
        {
            // Another one was first.
        }
    }

    private static async Task NothingIsLeftAsync(JobRig rig, JobId job)
    {
        foreach (string prefix in (string[])[JobKeys.Job(job), JobKeys.Open(job), JobKeys.ListedOf(JobRig.Owner), JobKeys.Listed])
        {
            Assert.Empty((await rig.Store.RangeAsync(KeyRange.Prefix(prefix), default)).Keys);
        }

        Assert.Empty(rig.Volume.List(JobFiles.Folder(job)));
    }
}
