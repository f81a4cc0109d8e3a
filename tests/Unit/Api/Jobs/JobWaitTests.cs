using System.Diagnostics;
using Katanemimena.Core;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Unit.Api.Jobs;

/// <summary>Clients wait for the next change of a job.</summary>
public sealed class JobWaitTests
{
    [Fact]
    public async Task Wait_ends_when_the_job_changes()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        string token = await server.Api.TokenAsync("ann");
        JobDetail job = await server.SubmitAsync(token, JobForm.WordCount());
        Task<JobDetail>[] waiting = [.. Enumerable.Range(0, 10).Select(_ => server.GetAsync(token, job.Id, $"?after={job.Version}&wait=30"))];
        Assert.DoesNotContain(waiting, wait => wait.IsCompleted);
        var watch = Stopwatch.StartNew();
        Assert.Equal(200, (await server.Api.SendAsync("POST", $"jobs/{job.Id}/cancel", token)).Status);
        Assert.All(await Task.WhenAll(waiting), changed => Assert.Equal("cancelled", changed.State));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Change_that_came_before_the_wait_is_not_missed()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        string token = await server.Api.TokenAsync("ann");
        JobDetail job = await server.SubmitAsync(token, JobForm.WordCount());
        await server.Api.SendAsync("POST", $"jobs/{job.Id}/cancel", token);
        var watch = Stopwatch.StartNew();
        Assert.Equal("cancelled", (await server.GetAsync(token, job.Id, $"?after={job.Version}&wait=30")).State);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Wait_without_a_change_ends_on_time_and_other_jobs_do_not_end_it()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        string token = await server.Api.TokenAsync("ann");
        JobDetail job = await server.SubmitAsync(token, JobForm.WordCount());
        var watch = Stopwatch.StartNew();
        Task<JobDetail> waiting = server.GetAsync(token, job.Id, $"?after={job.Version}&wait=1");
        await server.SubmitAsync(token, JobForm.WordCount());
        Assert.Equal("submitted", (await waiting).State);
        Assert.True(watch.Elapsed >= TimeSpan.FromMilliseconds(900), $"{watch.Elapsed}");
    }

    [Fact]
    public async Task All_who_wait_are_answered_when_the_process_is_to_end()
    {
        using var stop = new CancellationTokenSource();
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false, Parts = parts => parts with { Stop = stop.Token } });
        string token = await server.Api.TokenAsync("ann");
        JobDetail job = await server.SubmitAsync(token, JobForm.WordCount());
        Task<JobDetail> waiting = server.GetAsync(token, job.Id, $"?after={job.Version}&wait=30");
        Assert.False(waiting.IsCompleted);
        await stop.CancelAsync();
        Assert.Equal("submitted", (await waiting.WaitAsync(TimeSpan.FromSeconds(20))).State);
    }

    [Fact]
    public async Task Many_who_wait_share_one_watch_and_the_last_to_leave_ends_it()
    {
        WatchCounter? counter = null;
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false, Store = store => counter = new WatchCounter(store) });
        string token = await server.Api.TokenAsync("ann");
        JobDetail job = await server.SubmitAsync(token, JobForm.WordCount());
        Assert.True(JobId.TryParse(job.Id, out JobId id));
        using var leave = new CancellationTokenSource();
        Task[] waiting = [.. Enumerable.Range(0, 20).Select(_ => server.Services.Changes.WaitAsync(id, job.Version, TimeSpan.FromSeconds(30), leave.Token).AsTask())];
        await counter!.Began.WaitAsync(server.Limit);
        Assert.Equal((1, 1), (counter.Watches, counter.Open));
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(waiting));
        await counter.Ended.WaitAsync(server.Limit);
        Assert.Equal((1, 0), (counter.Watches, counter.Open));
    }

    [Theory]
    [InlineData("?after=-1")]
    [InlineData("?after=x&wait=1")]
    [InlineData("?after=1&wait=31")]
    public async Task Wait_out_of_range_is_refused(string query)
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        Assert.Equal(400, (await server.Api.SendAsync("GET", "jobs/m0-1" + query, await server.Api.TokenAsync("ann"))).Status);
    }

    /// <summary>Counts the watches that are open.</summary>
    private sealed class WatchCounter(IKeyValueStore store) : IKeyValueStore
    {
        private readonly TaskCompletionSource _began = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _watches;
        private int _open;

        public int Watches => Volatile.Read(ref _watches);

        public int Open => Volatile.Read(ref _open);

        public Task Began => _began.Task;

        public Task Ended => _ended.Task;

        public ValueTask<RangeResult> RangeAsync(KeyRange range, CancellationToken cancellation) => store.RangeAsync(range, cancellation);

        public ValueTask<TransactionResult> TransactAsync(Transaction transaction, CancellationToken cancellation) => store.TransactAsync(transaction, cancellation);

        public ValueTask<LeaseId> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellation) => store.GrantLeaseAsync(timeToLive, cancellation);

        public ValueTask<bool> RenewLeaseAsync(LeaseId lease, CancellationToken cancellation) => store.RenewLeaseAsync(lease, cancellation);

        public ValueTask RevokeLeaseAsync(LeaseId lease, CancellationToken cancellation) => store.RevokeLeaseAsync(lease, cancellation);

        public async IAsyncEnumerable<KeyChange> WatchAsync(KeyRange range, long fromRevision, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
        {
            Interlocked.Increment(ref _watches);
            Interlocked.Increment(ref _open);
            _began.TrySetResult();
            try
            {
                await foreach (KeyChange change in store.WatchAsync(range, fromRevision, cancellation))
                {
                    yield return change;
                }
            }
            finally
            {
                Interlocked.Decrement(ref _open);
                _ended.TrySetResult();
            }
        }
    }
}
