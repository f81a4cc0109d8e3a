using System.Text;
using Katanemimena.Core;
using Katanemimena.Orchestration;
using Katanemimena.Service;
using Katanemimena.Tests.Contracts;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Unit.Api.Jobs;

/// <summary>A request that is sent again makes one job; and nobody has more jobs than allowed, however many requests come at once.</summary>
public sealed class IdempotencyTests
{
    [Fact]
    public async Task Same_request_under_a_key_gives_the_same_job_and_its_data_is_stored_once()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        string token = await server.Api.TokenAsync("ann");
        ApiAnswer first = await server.PostAsync(token, JobForm.WordCount(), "key 1");
        long stored = await server.Datafiles.StoredBytesAsync("ann", default);
        ApiAnswer again = await server.PostAsync(token, JobForm.WordCount(), "key 1");
        Assert.Equal((201, 200), (first.Status, again.Status));
        Assert.Equal(first.Document(WireJson.Default.JobDetail).Id, again.Document(WireJson.Default.JobDetail).Id);
        Assert.Equal(stored, await server.Datafiles.StoredBytesAsync("ann", default));
    }

    [Fact]
    public async Task Request_sent_again_needs_neither_room_for_its_data_nor_the_datafiles_that_it_named()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false, StoredBytesMax = 20 + Encoding.UTF8.GetByteCount(JobForm.Mapper + JobForm.Reducer) });
        string token = await server.Api.TokenAsync("ann");
        byte[] named = "c\n"u8.ToArray();
        var block = new BlockRequest { Owner = "ann", Name = "named.txt", Length = named.Length, Total = named.Length };
        Assert.IsType<BlockOutcome.Done>(await server.Datafiles.PutAsync(block, new MemoryStream(named), default));
        JobForm Form(string text = "b a b\na b c\n") => JobForm.WordCount(text).Text("data", "named.txt");
        ApiAnswer first = await server.PostAsync(token, Form(), "key");
        Assert.True(await server.Datafiles.DeleteAsync("ann", "named.txt", default));
        long stored = await server.Datafiles.StoredBytesAsync("ann", default);
        ApiAnswer again = await server.PostAsync(token, Form(), "key");
        Assert.True((first.Status, again.Status) == (201, 200), $"{first.Status}, then {again.Status}: {again.Body}");
        Assert.Equal(first.Document(WireJson.Default.JobDetail).Id, again.Document(WireJson.Default.JobDetail).Id);
        Assert.Equal(ProblemCodes.IdempotencyConflict, (await server.PostAsync(token, Form("other data, and too much"), "key")).Problem.Code);
        Assert.Equal(ProblemCodes.OverQuota, (await server.PostAsync(token, JobForm.WordCount(), "another key")).Problem.Code);
        Assert.Equal(stored, await server.Datafiles.StoredBytesAsync("ann", default));
    }

    [Fact]
    public async Task Request_sent_again_does_not_need_the_datafile_that_held_its_program()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        string token = await server.Api.TokenAsync("ann");
        byte[] program = System.Text.Encoding.UTF8.GetBytes(JobForm.Mapper);
        foreach (string name in (string[])["count.py", "other.py"])
        {
            var block = new BlockRequest { Owner = "ann", Name = name, Length = program.Length, Total = program.Length };
            Assert.IsType<BlockOutcome.Done>(await server.Datafiles.PutAsync(block, new MemoryStream(program), default));
        }

        JobForm Form(string name = "count.py") => JobForm.WordCount().Without("mapper").Text("mapperDatafile", name);
        ApiAnswer first = await server.PostAsync(token, Form(), "key");
        Assert.True(await server.Datafiles.DeleteAsync("ann", "count.py", default));
        ApiAnswer again = await server.PostAsync(token, Form(), "key");
        Assert.True((first.Status, again.Status) == (201, 200), $"{first.Status}, then {again.Status}: {again.Body}");
        Assert.Equal(first.Document(WireJson.Default.JobDetail).Id, again.Document(WireJson.Default.JobDetail).Id);
        Assert.Equal(ProblemCodes.IdempotencyConflict, (await server.PostAsync(token, Form("other.py"), "key")).Problem.Code);
        Assert.Equal(ProblemCodes.InvalidJob, (await server.PostAsync(token, Form(), "another key")).Problem.Code);
    }

    [Fact]
    public async Task Another_request_under_the_key_is_refused()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        string token = await server.Api.TokenAsync("ann");
        Assert.Equal(201, (await server.PostAsync(token, JobForm.WordCount(), "key")).Status);
        foreach (JobForm other in (JobForm[])[JobForm.WordCount("other"), JobForm.WordCount().Text("reducers", "2"), JobForm.WordCount().Without("reducer")])
        {
            ApiAnswer answer = await server.PostAsync(token, other, "key");
            Assert.Equal((422, ProblemCodes.IdempotencyConflict), (answer.Status, answer.Problem.Code));
        }

        Assert.Single((await server.Store.RangeAsync(KeyRange.Prefix("/mr/open/"), default)).Keys);
    }

    [Fact]
    public async Task Keys_are_each_users_own_and_without_one_each_request_is_a_job()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        string ann = await server.Api.TokenAsync("ann");
        string ben = await server.Api.TokenAsync("ben");
        HashSet<string> jobs = [];
        foreach ((string token, string? key) in ((string, string?)[])[(ann, "key"), (ben, "key"), (ann, null), (ann, null)])
        {
            jobs.Add((await server.PostAsync(token, JobForm.WordCount(), key)).Document(WireJson.Default.JobDetail).Id);
        }

        Assert.Equal(4, jobs.Count);
    }

    [Fact]
    public async Task Requests_of_one_key_at_once_make_one_job()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        string token = await server.Api.TokenAsync("ann");
        ApiAnswer[] answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => server.PostAsync(token, JobForm.WordCount(), "key")));
        Assert.Single(answers, answer => answer.Status == 201);
        Assert.Single(answers.Select(answer => answer.Document(WireJson.Default.JobDetail).Id).Distinct());
        Assert.Single((await server.Store.RangeAsync(KeyRange.Prefix("/mr/open/"), default)).Keys);
    }

    [Theory]
    [InlineData(201)]
    [InlineData(0)]
    public async Task Key_that_is_none_is_refused(int length)
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        ApiAnswer answer = await server.PostAsync(await server.Api.TokenAsync("ann"), JobForm.WordCount(), new string('k', length));
        Assert.Equal((400, "Idempotency-Key"), (answer.Status, answer.Problem.Field));
    }

    [Fact]
    public async Task Of_fifty_submissions_at_once_as_many_are_taken_as_the_quota_allows()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false, OpenJobsMax = 7 });
        string token = await server.Api.TokenAsync("ann");
        ApiAnswer[] answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => server.PostAsync(token, JobForm.WordCount())));
        Assert.Equal(7, answers.Count(answer => answer.Status == 201));
        Assert.All(answers.Where(answer => answer.Status != 201), answer =>
        {
            Assert.Equal((429, ProblemCodes.TooManyJobs), (answer.Status, answer.Problem.Code));
            Assert.True(answer.Headers.ContainsKey("Retry-After"));
        });
        Assert.Equal(7, await server.Services.Register.OpenAsync("ann", default));
        Assert.Equal(7, (await server.Store.RangeAsync(KeyRange.Prefix("/mr/jobs/"), default)).Keys.Count(key => key.Key.EndsWith("/spec", StringComparison.Ordinal)));
        Assert.Equal(201, (await server.PostAsync(await server.Api.TokenAsync("ben"), JobForm.WordCount())).Status);
    }

    [Fact]
    public async Task Job_that_has_ended_makes_room_for_another()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { OpenJobsMax = 1 });
        string token = await server.Api.TokenAsync("ann");
        JobDetail first = await server.RunAsync(token, JobForm.WordCount());
        Assert.Equal("completed", first.State);
        while (await server.Services.Register.OpenAsync("ann", server.Limit) > 0)
        {
            first = await server.GetAsync(token, first.Id, $"?after={first.Version}&wait=1");
        }

        Assert.Equal(201, (await server.PostAsync(token, JobForm.WordCount())).Status);
    }

    [Fact]
    public async Task Store_that_goes_before_the_job_is_stored_leaves_nothing_and_the_request_may_be_sent_again()
    {
        LossyStore? store = null;
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false, Store = inner => store = new LossyStore(inner) });
        string token = await server.Api.TokenAsync("ann");
        store!.Breaks = Break.Before;
        ApiAnswer answer = await server.PostAsync(token, JobForm.WordCount(), "key");
        Assert.Equal((503, ProblemCodes.Unavailable), (answer.Status, answer.Problem.Code));
        Assert.Equal(0, await server.Datafiles.StoredBytesAsync("ann", default));
        Assert.Equal(0, await server.Services.Register.OpenAsync("ann", default));
        Assert.Equal(201, (await server.PostAsync(token, JobForm.WordCount(), "key")).Status);
    }

    [Fact]
    public async Task Request_whose_answer_was_lost_gives_its_job_when_it_is_sent_again()
    {
        LossyStore? store = null;
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false, Store = inner => store = new LossyStore(inner) });
        string token = await server.Api.TokenAsync("ann");
        store!.Breaks = Break.After;
        Assert.Equal(503, (await server.PostAsync(token, JobForm.WordCount(), "key")).Status);
        ApiAnswer again = await server.PostAsync(token, JobForm.WordCount(), "key");
        Assert.Equal(200, again.Status);
        Assert.Equal(1, await server.Services.Register.OpenAsync("ann", default));
        await server.StartWorkersAsync();
        await server.Queue.SendAsync("stage", new StageMessage(again.Document(WireJson.Default.JobDetail).Id).Write(), TimeSpan.Zero, default);
        Assert.Equal("completed", (await server.EndAsync(token, again.Document(WireJson.Default.JobDetail))).State);
    }

    [Fact]
    public async Task Data_of_a_job_that_was_not_stored_though_nobody_said_so_is_swept_away_and_that_of_one_that_was_stored_stays()
    {
        LossyStore? store = null;
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false, Store = inner => store = new LossyStore(inner) });
        string token = await server.Api.TokenAsync("ann");
        await server.SubmitAsync(token, JobForm.WordCount());
        long stored = await server.Datafiles.StoredBytesAsync("ann", default);
        store!.Breaks = Break.Lost;
        Assert.Equal(503, (await server.PostAsync(token, JobForm.WordCount())).Status);
        store.Breaks = Break.After;
        Assert.Equal(503, (await server.PostAsync(token, JobForm.WordCount())).Status);
        Assert.Equal(3 * stored, await server.Datafiles.StoredBytesAsync("ann", default));
        var later = new ManualTimeProvider();
        later.Advance(TimeSpan.FromDays(36_500));
        await new DatafileSweeper(server.Store, server.Volume, later, codeFolder: server.CodeFolder).SweepAsync(default);
        Assert.Equal(2 * stored, await server.Datafiles.StoredBytesAsync("ann", default));
    }

    [Fact]
    public async Task Job_whose_programs_were_swept_away_before_it_is_stored_is_refused()
    {
        JobServer? made = null;
        LossyStore? store = null;
        await using JobServer server = made = await JobServer.StartAsync(new JobServerOptions { Workers = false, Store = inner => store = new LossyStore(inner) });
        string token = await server.Api.TokenAsync("ann");
        var block = new BlockRequest { Owner = "ann", Name = "a.txt", Length = 1, Total = 1 };
        Assert.IsType<BlockOutcome.Done>(await server.Datafiles.PutAsync(block, new MemoryStream([65]), default));
        var later = new ManualTimeProvider();
        later.Advance(TimeSpan.FromDays(36_500));
        store!.BeforeStoring = async () => await new DatafileSweeper(made.Store, made.Volume, later, codeFolder: made.CodeFolder).SweepAsync(default);
        ApiAnswer answer = await server.PostAsync(token, JobForm.WordCount().Without("input").Text("data", "a.txt"));
        Assert.Equal((503, ProblemCodes.Unavailable), (answer.Status, answer.Problem.Code));
        Assert.Equal(0, await server.Services.Register.OpenAsync("ann", default));
        Assert.Equal(1, await server.Datafiles.StoredBytesAsync("ann", default));
        Assert.Equal(201, (await server.PostAsync(token, JobForm.WordCount())).Status);
    }

    [Fact]
    public async Task Job_of_an_account_that_is_gone_before_it_is_stored_is_refused_and_its_data_dropped()
    {
        JobServer? made = null;
        LossyStore? store = null;
        await using JobServer server = made = await JobServer.StartAsync(new JobServerOptions { Workers = false, Store = inner => store = new LossyStore(inner) });
        string token = await server.Api.TokenAsync("ann");
        store!.BeforeStoring = async () => await made.Store.TransactAsync(
            new Transaction { Writes = [new KeyWrite.Put("/test/deleted/ann", new byte[1])] }, default);
        ApiAnswer answer = await server.PostAsync(token, JobForm.WordCount());
        Assert.Equal((401, ProblemCodes.Unauthorized), (answer.Status, answer.Problem.Code));
        Assert.Equal(0, await server.Services.Register.OpenAsync("ann", default));
        Assert.Equal(0, await server.Datafiles.StoredBytesAsync("ann", default));
        Assert.Equal(0, (await server.Store.RangeAsync(KeyRange.Prefix("/mr/sent/"), default)).Count);
    }

    private enum Break
    {
        Never,
        Before,
        Lost,
        After,
    }

    /// <summary>Breaks once, at the transaction that stores a job: before or after it was made.</summary>
    private sealed class LossyStore(IKeyValueStore store) : IKeyValueStore
    {
        public Break Breaks { get; set; }

        /// <summary>Happens once, between the reading and the writing of whoever stores a job.</summary>
        public Func<Task>? BeforeStoring { get; set; }

        public ValueTask<RangeResult> RangeAsync(KeyRange range, CancellationToken cancellation) => store.RangeAsync(range, cancellation);

        public async ValueTask<TransactionResult> TransactAsync(Transaction transaction, CancellationToken cancellation)
        {
            bool stores = transaction.Writes.Any(write => write is KeyWrite.Put put && put.Key.StartsWith("/mr/listed/", StringComparison.Ordinal));
            bool reads = transaction.Reads.Any(read => read.Start == "/mr/open/");
            if (reads && Breaks == Break.Before)
            {
                Breaks = Break.Never;
                throw new TransientFault("gone");
            }

            if (stores && BeforeStoring is { } happens)
            {
                BeforeStoring = null;
                await happens();
            }

            if (stores && Breaks == Break.Lost)
            {
                Breaks = Break.Never;
                throw new TransientFault("gone");
            }

            TransactionResult result = await store.TransactAsync(transaction, cancellation);
            if (stores && Breaks == Break.After)
            {
                Breaks = Break.Never;
                throw new TransientFault("gone");
            }

            return result;
        }

        public ValueTask<LeaseId> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellation) => store.GrantLeaseAsync(timeToLive, cancellation);

        public ValueTask<bool> RenewLeaseAsync(LeaseId lease, CancellationToken cancellation) => store.RenewLeaseAsync(lease, cancellation);

        public ValueTask RevokeLeaseAsync(LeaseId lease, CancellationToken cancellation) => store.RevokeLeaseAsync(lease, cancellation);

        public IAsyncEnumerable<KeyChange> WatchAsync(KeyRange range, long fromRevision, CancellationToken cancellation) => store.WatchAsync(range, fromRevision, cancellation);
    }
}
