using System.Text;
using Katanemimena.Core;
using Katanemimena.Orchestration;
using Katanemimena.Service;
using Katanemimena.Tests.Contracts;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Unit.Api.Jobs;

/// <summary>Programs that are sent take room on the volume: they count among their owner's bytes, and are gone once nobody runs them.</summary>
public sealed class SentProgramTests
{
    private static readonly int s_programs = Encoding.UTF8.GetByteCount(JobForm.Mapper + JobForm.Reducer);
    private static readonly ManualTimeProvider s_later = Later();
    private static readonly int s_input = "b a b\na b c\n".Length;

    [Fact]
    public async Task Who_may_have_no_job_more_writes_no_program()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false, OpenJobsMax = 1 });
        string token = await server.Api.TokenAsync("ann");
        await server.SubmitAsync(token, JobForm.WordCount());
        string[] before = Programs(server);
        DateTime touched = Directory.GetLastWriteTimeUtc(server.CodeFolder);
        for (int i = 0; i < 3; i++)
        {
            ApiAnswer answer = await server.PostAsync(token, JobForm.WordCount().Without("mapper").File("mapper", "m.py", $"{JobForm.Mapper}# {i}\n"));
            Assert.Equal((429, ProblemCodes.TooManyJobs), (answer.Status, answer.Problem.Code));
        }

        Assert.Equal(before, Programs(server));
        Assert.Equal(touched, Directory.GetLastWriteTimeUtc(server.CodeFolder));
        Assert.Equal(s_programs + s_input, await server.Datafiles.StoredBytesAsync("ann", default));
    }

    [Fact]
    public async Task Programs_count_until_their_job_is_deleted_and_go_with_it()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        string token = await server.Api.TokenAsync("ann");
        JobDetail job = await server.SubmitAsync(token, JobForm.WordCount());
        Assert.Equal(2, Programs(server).Length);
        Assert.Equal(s_programs + s_input, await server.Datafiles.StoredBytesAsync("ann", default));
        Assert.Equal(200, (await server.Api.SendAsync("POST", $"jobs/{job.Id}/cancel", token)).Status);
        Assert.Equal(204, (await server.Api.SendAsync("DELETE", $"jobs/{job.Id}", token)).Status);
        Assert.Empty(Directory.EnumerateFileSystemEntries(server.CodeFolder));
        Assert.Equal(0, await server.Datafiles.StoredBytesAsync("ann", default));
    }

    [Fact]
    public async Task Programs_for_which_there_is_no_room_are_refused_and_leave_nothing()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false, StoredBytesMax = s_programs + s_input - 1 });
        string token = await server.Api.TokenAsync("ann");
        ApiAnswer answer = await server.PostAsync(token, JobForm.WordCount());
        Assert.Equal((413, ProblemCodes.OverQuota), (answer.Status, answer.Problem.Code));
        Assert.Equal(0, await server.Datafiles.StoredBytesAsync("ann", default));
        Assert.False(Directory.Exists(server.CodeFolder), "nothing was written");
        Assert.Equal(0, (await server.Store.RangeAsync(KeyRange.Prefix(DatafileKeys.Loose), default)).Count);
    }

    [Fact]
    public async Task Programs_stay_while_their_job_is_open_and_are_swept_away_after_an_hour_when_it_is_not()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        string token = await server.Api.TokenAsync("ann");
        JobDetail job = await server.SubmitAsync(token, JobForm.WordCount());
        Assert.True(JobId.TryParse(job.Id, out JobId id));
        await SweepAsync(server, s_later);
        Assert.Equal(2, Programs(server).Length);
        await server.Store.TransactAsync(new Transaction { Writes = [new KeyWrite.Delete(KeyRange.One(JobKeys.Open(id)))] }, default);
        await SweepAsync(server, TimeProvider.System);
        Assert.Equal(2, Programs(server).Length);
        await SweepAsync(server, s_later);
        Assert.Empty(Directory.EnumerateFileSystemEntries(server.CodeFolder));
        Assert.Equal(s_input, await server.Datafiles.StoredBytesAsync("ann", default));
    }

    [Fact]
    public async Task Programs_of_one_job_do_not_go_with_the_same_ones_of_another()
    {
        await using JobServer server = await JobServer.StartAsync();
        string token = await server.Api.TokenAsync("ann");
        JobDetail first = await server.SubmitAsync(token, JobForm.WordCount());
        JobDetail second = await server.SubmitAsync(token, JobForm.WordCount());
        await server.EndAsync(token, first);
        Assert.Equal(204, (await server.Api.SendAsync("DELETE", $"jobs/{first.Id}", token)).Status);
        Assert.Equal(2, Programs(server).Length);
        Assert.Equal("completed", (await server.EndAsync(token, second)).State);
    }

    private static ManualTimeProvider Later()
    {
        var clock = new ManualTimeProvider();
        clock.Advance(TimeSpan.FromDays(36_500));
        return clock;
    }

    private static async Task SweepAsync(JobServer server, TimeProvider clock) =>
        await new DatafileSweeper(server.Store, server.Volume, clock, codeFolder: server.CodeFolder).SweepAsync(default);

    private static string[] Programs(JobServer server) => [.. Directory.EnumerateFiles(server.CodeFolder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}
