using Katanemimena.Access;
using Katanemimena.Core;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Unit.Api.Jobs;

/// <summary>Whose jobs who may see, and how they are listed, cancelled and deleted.</summary>
public sealed class JobAccessTests
{
    [Fact]
    public async Task Anothers_job_is_not_there_and_is_answered_as_one_that_never_was()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        JobDetail job = await server.SubmitAsync(await server.Api.TokenAsync("ann"), JobForm.WordCount());
        string ben = await server.Api.TokenAsync("ben");
        foreach ((string method, string path) in ((string, string)[])
            [("GET", ""), ("GET", "?after=1&wait=30"), ("POST", "/cancel"), ("DELETE", ""), ("GET", "/result"), ("GET", "/logs"), ("GET", "/set-aside")])
        {
            ApiAnswer anothers = await server.Api.SendAsync(method, $"jobs/{job.Id}{path}", ben);
            ApiAnswer nobodys = await server.Api.SendAsync(method, $"jobs/m0-77{path}", ben);
            Assert.Equal((404, ProblemCodes.NotFound, $"there is no job '{job.Id}'"), (anothers.Status, anothers.Problem.Code, anothers.Problem.Detail));
            Assert.Equal(anothers.Problem.Detail!.Replace(job.Id, "m0-77", StringComparison.Ordinal), nobodys.Problem.Detail);
            Assert.Equal(401, (await server.Api.SendAsync(method, $"jobs/{job.Id}{path}")).Status);
        }

        Assert.Equal("ann", (await server.GetAsync(await server.Api.TokenAsync("root", UserRole.Admin), job.Id)).Owner);
    }

    [Fact]
    public async Task Users_list_their_own_jobs_and_admins_everybodys()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        string ann = await server.Api.TokenAsync("ann");
        string root = await server.Api.TokenAsync("root", UserRole.Admin);
        string first = (await server.SubmitAsync(ann, JobForm.WordCount().Text("label", "x"))).Id;
        string second = (await server.SubmitAsync(await server.Api.TokenAsync("ben"), JobForm.WordCount())).Id;
        string third = (await server.SubmitAsync(ann, JobForm.WordCount())).Id;
        Assert.Equal([third, first], await ListAsync(server, ann, ""));
        Assert.Equal([first], await ListAsync(server, ann, "?label=x"));
        Assert.Equal([third, second, first], await ListAsync(server, root, ""));
        Assert.Equal([second], await ListAsync(server, root, "?owner=ben"));
        Assert.Equal([third, first], await ListAsync(server, ann, "?owner=ann&state=submitted"));
        Assert.Empty(await ListAsync(server, ann, "?state=failed"));
        Assert.Equal(403, (await server.Api.SendAsync("GET", "jobs?owner=ben", ann)).Status);
        foreach (string query in (string[])["?state=odd", "?after=odd", "?limit=0", "?limit=501"])
        {
            Assert.Equal(400, (await server.Api.SendAsync("GET", "jobs" + query, ann)).Status);
        }
    }

    [Fact]
    public async Task Pages_have_every_job_once_though_jobs_are_added_and_deleted_meanwhile()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false, OpenJobsMax = 100 });
        string token = await server.Api.TokenAsync("ann");
        List<string> jobs = [];
        for (int i = 0; i < 25; i++)
        {
            jobs.Add((await server.SubmitAsync(token, JobForm.WordCount())).Id);
        }

        List<string> seen = [];
        string? next = null;
        do
        {
            JobsDocument page = (await server.Api.SendAsync("GET", $"jobs?limit=4{(next is null ? "" : "&after=" + next)}", token)).Document(WireJson.Default.JobsDocument);
            Assert.InRange(page.Jobs.Count, 1, 4);
            seen.AddRange(page.Jobs.Select(job => job.Id));
            next = page.Next;
            await server.SubmitAsync(token, JobForm.WordCount());
        }
        while (next is not null);

        Assert.Equal(Enumerable.Reverse(jobs), seen);
    }

    [Fact]
    public async Task Job_is_cancelled_once_and_deleted_with_all_that_it_had()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        string token = await server.Api.TokenAsync("ann");
        JobDetail job = (await server.PostAsync(token, JobForm.WordCount(), "key")).Document(WireJson.Default.JobDetail);
        Assert.True(await server.Datafiles.StoredBytesAsync("ann", default) > 0);
        Assert.Equal(ProblemCodes.JobRunning, (await server.Api.SendAsync("DELETE", $"jobs/{job.Id}", token)).Problem.Code);
        Assert.Equal(ProblemCodes.JobRunning, (await server.Api.SendAsync("GET", $"jobs/{job.Id}/result", token)).Problem.Code);
        JobDetail cancelled = (await server.Api.SendAsync("POST", $"jobs/{job.Id}/cancel", token)).Document(WireJson.Default.JobDetail);
        Assert.Equal("cancelled", cancelled.State);
        Assert.Equal(ProblemCodes.JobEnded, (await server.Api.SendAsync("POST", $"jobs/{job.Id}/cancel", token)).Problem.Code);
        Assert.Equal(ProblemCodes.NoResult, (await server.Api.SendAsync("GET", $"jobs/{job.Id}/result", token)).Problem.Code);

        Assert.Equal(204, (await server.Api.SendAsync("DELETE", $"jobs/{job.Id}", token)).Status);
        Assert.Equal(404, (await server.Api.SendAsync("GET", $"jobs/{job.Id}", token)).Status);
        Assert.Empty(await ListAsync(server, token, ""));
        Assert.Equal(0, await server.Datafiles.StoredBytesAsync("ann", default));
        foreach (string prefix in (string[])["/mr/jobs/", "/mr/open/", "/mr/listed/"])
        {
            Assert.Empty((await server.Store.RangeAsync(KeyRange.Prefix(prefix), default)).Keys);
        }

        ApiAnswer again = await server.PostAsync(token, JobForm.WordCount(), "key");
        Assert.Equal(404, again.Status);
        Assert.Contains("deleted since", again.Problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Running_job_is_stopped_by_cancelling_it()
    {
        await using JobServer server = await JobServer.StartAsync();
        string token = await server.Api.TokenAsync("ann");
        JobForm form = JobForm.WordCount().Without("mapper").File("mapper", "m.py", "import time\ndef mapper(arr):\n    time.sleep(600)\n    return []\n");
        JobDetail job = await server.SubmitAsync(token, form);
        do
        {
            // The answer to the submission may show it running already, but never its tasks.
            job = await server.GetAsync(token, job.Id, $"?after={job.Version}&wait=1&tasks=true");
        }
        while (job.Map.Running == 0);

        Assert.Equal(("map", "running", "worker-0"), (job.Tasks![0].Stage, job.Tasks[0].State, job.Tasks[0].Worker));
        Assert.Equal(200, (await server.Api.SendAsync("POST", $"jobs/{job.Id}/cancel", token)).Status);
        Assert.Equal("cancelled", (await server.EndAsync(token, job)).State);
    }

    private static async Task<IEnumerable<string>> ListAsync(JobServer server, string token, string query) =>
        (await server.Api.SendAsync("GET", "jobs" + query, token)).Document(WireJson.Default.JobsDocument).Jobs.Select(job => job.Id);
}
