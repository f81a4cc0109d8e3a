using System.Globalization;
using System.Text;
using Katanemimena.Client;
using Katanemimena.Tests.Cluster.Faults;
using Katanemimena.Tests.Cluster.Running;
using Katanemimena.Tests.Contracts;
using Katanemimena.Wire;

namespace Katanemimena.Tests.Cluster;

/// <summary>Many users at once, and large jobs beside small ones.</summary>
/// <remarks>KATANEMIMENA_SUBMISSIONS and KATANEMIMENA_TASKS make the loads larger; the figures go where KATANEMIMENA_FIGURES says.</remarks>
public sealed class LoadTests(RunningCluster cluster) : IClassFixture<RunningCluster>
{
    private const string Password = "Crowds are patient 7";
    private const int Users = 20;
    private const int SmallJobs = 50;

    private static readonly CancellationToken s_never = CancellationToken.None;
    private static readonly int s_submissions = TestSetting.Number("KATANEMIMENA_SUBMISSIONS", 60);
    private static readonly int s_tasks = TestSetting.Number("KATANEMIMENA_TASKS", 300);

    private static readonly byte[] s_code = Encoding.UTF8.GetBytes("""
        def map(key, line):
            yield line.split(' ')[0], 1
        def reduce(key, values):
            yield sum(values)
        """);

    [Fact]
    public async Task Submissions_at_once_from_twenty_users_all_become_jobs_and_all_users_progress()
    {
        List<ServiceClient> clients = await SignInAsync("crowd", Users);
        JobDetail[] jobs = await Task.WhenAll(Enumerable.Range(0, s_submissions).Select(n => SubmitAsync(clients[n % Users], $"datum {n}\n", label: "crowd")));
        Assert.Equal(s_submissions, jobs.Select(job => job.Id).Distinct().Count());
        Assert.Equal(2, jobs.Select(job => job.Id[..job.Id.LastIndexOf('-')]).Distinct().Count());

        JobDetail[] ended = await Task.WhenAll(jobs.Select((job, n) => EndAsync(clients[n % Users], job)));
        Assert.All(ended, job => Assert.Equal(JobStates.Completed, job.State));

        // Taken in turn, the last one waits about twice as long as the one in the middle; a user who is passed over waits longer.
        TimeSpan[] times = [.. ended.Select(job => job.Ended!.Value - job.Submitted).Order()];
        Assert.True(times[^1] < 3 * times[times.Length / 2], $"the last job took {times[^1]}, the one in the middle {times[times.Length / 2]}");
        ended.ToList().ForEach(job => Figures.Write("one of many jobs submitted at once", job.Ended!.Value - job.Submitted));
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Small_jobs_do_not_wait_for_a_large_one()
    {
        List<ServiceClient> clients = await SignInAsync("mixed", 5);
        var line = new string('x', 1021); // With number, blank and LF one chunk exactly.
        using var data = new TemporaryFolder();
        await File.WriteAllLinesAsync(data.File("large.txt"), Enumerable.Range(0, s_tasks).Select(n => $"{n % 7} {line}"));
        await clients[0].Datafiles.UploadAsync(data.File("large.txt"), "large.txt", replace: false, null, s_never);
        JobDetail large = await clients[0].Jobs.SubmitAsync(
            new JobSubmission
            {
                Data = ["large.txt"],
                Mapper = new ProgramSource.Sent("code.py", s_code),
                Reducer = new ProgramSource.Sent("code.py", s_code),
                Options = new JobOptionsDocument { ChunkSize = "1K", Reducers = 4, Workers = 4 },
            },
            s_never);
        await Waiting.UntilAsync(async () => (await clients[0].Jobs.GetAsync(large.Id, false, s_never)).Map.Done > 0, "the large job is under way");

        JobDetail[] small = await Task.WhenAll(Enumerable.Range(0, SmallJobs).Select(n => SubmitAsync(clients[n % clients.Count], $"datum {n}\n", label: "small")));
        JobDetail[] ended = await Task.WhenAll(small.Select((job, n) => EndAsync(clients[n % clients.Count], job)));
        large = await EndAsync(clients[0], large);
        Assert.True(large.State == JobStates.Completed && large.Map.Tasks == s_tasks, $"{large.State}, {large.Map.Tasks} map tasks: {large.Error}");
        Assert.All(ended, job => Assert.Equal(JobStates.Completed, job.State));
        ended.ToList().ForEach(job => Figures.Write("a small job beside a large one", job.Ended!.Value - job.Submitted));
        Figures.Write("the large job", large.Ended!.Value - large.Submitted);
        Assert.True(ended.Count(job => job.Ended < large.Ended) >= SmallJobs / 2, "half of the small jobs at least end before the large one");
        clients.ForEach(client => client.Dispose());
    }

    private async Task<List<ServiceClient>> SignInAsync(string group, int users)
    {
        using ServiceClient admin = await ClusterUser.AdminAsync(cluster.Managers[0].Address);
        List<ServiceClient> clients = [];
        for (int user = 0; user < users; user++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"{group}{user}");
            await admin.Administration.AddUserAsync(new NewUserRequest(name, Password), s_never);

            // One attempt only: a 5xx must not be hidden by a second.
            clients.Add(await ClusterUser.SignInAsync(cluster.Managers[user % 2].Address, name, Password, attemptsMax: 1));
        }

        return clients;
    }

    private static Task<JobDetail> SubmitAsync(ServiceClient client, string data, string label) => client.Jobs.SubmitAsync(
        new JobSubmission
        {
            Input = [new ProgramSource.Sent("data.txt", Encoding.UTF8.GetBytes(data))],
            Mapper = new ProgramSource.Sent("code.py", s_code),
            Reducer = new ProgramSource.Sent("code.py", s_code),
            Options = new JobOptionsDocument { Label = label, Workers = 2 },
        },
        s_never);

    private static async Task<JobDetail> EndAsync(ServiceClient client, JobDetail job)
    {
        await foreach (JobDetail change in client.Jobs.WatchAsync(job.Id, s_never))
        {
            job = change;
        }

        return job;
    }
}
