using System.Globalization;
using System.Text.RegularExpressions;
using Katanemimena.Core;
using Katanemimena.Orchestration;
using Katanemimena.Tests.Cluster.Running;

namespace Katanemimena.Tests.Cluster;

/// <summary>What a task costs on a real cluster, counted by the servers themselves.</summary>
public sealed class CostTests : IAsyncLifetime
{
    private const int Lines = 1_000;
    private const int Reducers = 4;

    /// <summary>At most so many transactions a task, with all that managers do meanwhile.</summary>
    private const double TransactionsMax = 3;

    /// <summary>One message a task, and a few for the job's stages.</summary>
    private const double MessagesMax = 1.05;

    private static readonly HttpClient s_client = new();

    private readonly ProxiedCluster _cluster = new(copies: 1);

    public ValueTask InitializeAsync() => _cluster.InitializeAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Task_costs_three_transactions_and_one_message_at_most()
    {
        string data = _cluster.Write("data.txt", string.Concat(Enumerable.Range(0, Lines).Select(line => $"{line % 7} {new string('x', 100)}\n")));
        string code = _cluster.Write("sum.py", """
            def map(key, line):
                yield line.split(' ')[0], 1
            def reduce(key, values):
                yield sum(values)
            """);
        await _cluster.ResultAsync(await _cluster.SubmitAsync([data], code, code)); // Everything is up and warm.
        (double transactions, double reads, int messages) = (await CallsAsync("Txn"), await CallsAsync("Range"), _cluster.Sent);
        JobId job = await _cluster.SubmitAsync([data], code, code, options: new JobOptions { ChunkBytes = 1024, Reducers = Reducers, Workers = 4 });
        JobState state = await EndAsync(job);
        int tasks = state.MapTasks + state.ReduceTasks;
        double transactionsEach = (await CallsAsync("Txn") - transactions) / tasks;
        double readsEach = (await CallsAsync("Range") - reads) / tasks;
        double messagesEach = (double)(_cluster.Sent - messages) / tasks;
        string found = string.Create(CultureInfo.InvariantCulture, $"{tasks} tasks: {transactionsEach:0.00} transactions, {readsEach:0.00} reads and {messagesEach:0.00} messages each");
        TestContext.Current.TestOutputHelper?.WriteLine(found);
        Assert.True(tasks > 80, found);
        Assert.True(transactionsEach is >= 1 and <= TransactionsMax, found);
        Assert.True(messagesEach is >= 0.9 and <= MessagesMax, found);
    }

    /// <summary>Waits for the end of a job without asking again and again, which would count.</summary>
    private async Task<JobState> EndAsync(JobId job)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await foreach (KeyChange change in _cluster.Store.WatchAsync(KeyRange.One(JobKeys.State(job)), 1, limit.Token))
        {
            if (change.Value is { } stored && JobDocuments.ReadState(stored.Value.Span) is { Phase: JobPhase.Completed } state)
            {
                return state;
            }
        }

        throw new InvalidOperationException("a watch has no end");
    }

    /// <summary>Calls of one kind that etcd has answered.</summary>
    private async Task<double> CallsAsync(string kind)
    {
        string metrics = await s_client.GetStringAsync(new Uri(_cluster.Etcd.Client, "metrics"));
        Match match = Regex.Match(metrics, $$"""grpc_server_handled_total\{grpc_code="OK",grpc_method="{{kind}}"[^}]*\} (\S+)""");
        Assert.True(match.Success, $"etcd counts {kind}");
        return double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
    }
}
