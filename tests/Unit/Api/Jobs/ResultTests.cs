using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Katanemimena.Core;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Unit.Api.Jobs;

/// <summary>Results are put together once and then served like files.</summary>
public sealed class ResultTests
{
    [Theory]
    [InlineData("tsv", "text/tab-separated-values", "a\t2\nb\t3\nc\t1\n")]
    [InlineData("json", "application/json", "{\n\"a\": 2,\n\"b\": 3,\n\"c\": 1\n}\n")]
    [InlineData("jsonl", "application/jsonl", "{\"key\":\"a\",\"value\":2}\n{\"key\":\"b\",\"value\":3}\n{\"key\":\"c\",\"value\":1}\n")]
    public async Task Ranges_joined_equal_the_whole(string format, string mediaType, string expected)
    {
        await using JobServer server = await JobServer.StartAsync();
        string token = await server.Api.TokenAsync("ann");
        JobDetail job = await server.RunAsync(token, JobForm.WordCount().Text("reducers", "3"));
        string path = $"/api/jobs/{job.Id}/result?format={format}";
        using HttpResponseMessage whole = await GetAsync(server, token, path);
        Assert.Equal((200, mediaType, expected), ((int)whole.StatusCode, whole.Content.Headers.ContentType!.MediaType, await whole.Content.ReadAsStringAsync()));
        string tag = whole.Headers.ETag!.Tag;
        var joined = new StringBuilder();
        for (int at = 0; at < expected.Length; at += 7)
        {
            using HttpResponseMessage part = await GetAsync(server, token, path, $"bytes={at}-{at + 6}", ifRange: tag);
            Assert.Equal((206, tag), ((int)part.StatusCode, part.Headers.ETag!.Tag));
            Assert.Equal($"bytes {at}-{Math.Min(at + 6, expected.Length - 1)}/{expected.Length}", part.Content.Headers.ContentRange!.ToString());
            joined.Append(await part.Content.ReadAsStringAsync());
        }

        Assert.Equal(expected, joined.ToString());
        using HttpResponseMessage other = await GetAsync(server, token, path, "bytes=0-3", ifRange: "\"other\"");
        Assert.Equal((200, expected), ((int)other.StatusCode, await other.Content.ReadAsStringAsync()));
        using HttpResponseMessage past = await GetAsync(server, token, path, $"bytes={expected.Length}-");
        Assert.Equal((416, $"bytes */{expected.Length}"), ((int)past.StatusCode, past.Content.Headers.ContentRange!.ToString()));
    }

    [Fact]
    public async Task Result_counts_among_its_owners_bytes_once_a_format_until_its_job_is_deleted()
    {
        await using JobServer server = await JobServer.StartAsync();
        string token = await server.Api.TokenAsync("ann");
        JobDetail job = await server.RunAsync(token, JobForm.WordCount());
        while (await server.Services.Register.OpenAsync("ann", server.Limit) > 0)
        {
            job = await server.GetAsync(token, job.Id, $"?after={job.Version}&wait=1");
        }

        long kept = await server.Datafiles.StoredBytesAsync("ann", default);
        foreach (string format in (string[])["tsv", "json", "tsv"])
        {
            Assert.Equal(200, (await server.Api.SendAsync("GET", $"jobs/{job.Id}/result?format={format}", token)).Status);
        }

        long results = "a\t2\nb\t3\nc\t1\n".Length + "{\n\"a\": 2,\n\"b\": 3,\n\"c\": 1\n}\n".Length;
        Assert.Equal(kept + results, await server.Datafiles.StoredBytesAsync("ann", default));
        Assert.Equal(204, (await server.Api.SendAsync("DELETE", $"jobs/{job.Id}", token)).Status);
        Assert.Equal(0, await server.Datafiles.StoredBytesAsync("ann", default));
    }

    [Fact]
    public async Task Head_and_gzip_and_known_tags_are_answered_as_asked()
    {
        await using JobServer server = await JobServer.StartAsync();
        string token = await server.Api.TokenAsync("ann");
        JobDetail job = await server.RunAsync(token, JobForm.WordCount());
        string path = $"/api/jobs/{job.Id}/result";
        ApiAnswer head = await server.Api.SendAsync("HEAD", $"jobs/{job.Id}/result", token);
        Assert.Equal((200, "", "12"), (head.Status, head.Body, head.Headers["Content-Length"]));
        using HttpResponseMessage zipped = await GetAsync(server, token, path, encoding: "gzip");
        Assert.Equal("gzip", Assert.Single(zipped.Content.Headers.ContentEncoding));
        Assert.NotEqual(head.Headers["ETag"], zipped.Headers.ETag!.Tag);
        using var text = new StreamReader(new GZipStream(await zipped.Content.ReadAsStreamAsync(), CompressionMode.Decompress));
        Assert.Equal("a\t2\nb\t3\nc\t1\n", await text.ReadToEndAsync());
        using HttpResponseMessage known = await GetAsync(server, token, path, known: head.Headers["ETag"]);
        Assert.Equal(304, (int)known.StatusCode);
        Assert.Equal(400, (await server.Api.SendAsync("GET", $"jobs/{job.Id}/result?format=xml", token)).Status);
    }

    [Fact]
    public async Task Result_that_takes_long_is_put_together_once_while_callers_come_and_go()
    {
        SlowVolume? slow = null;
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions
        {
            Volume = volume => slow = new SlowVolume(volume),
            Parts = parts => parts with { ResultWait = TimeSpan.FromMilliseconds(50) },
        });
        string token = await server.Api.TokenAsync("ann");
        JobDetail job = await server.RunAsync(token, JobForm.WordCount());
        for (int i = 0; i < 3; i++)
        {
            ApiAnswer waiting = await server.Api.SendAsync("GET", $"jobs/{job.Id}/result", token);
            Assert.Equal((202, "1", "assembling"), (waiting.Status, waiting.Headers["Retry-After"], waiting.Document(WireJson.Default.AssemblingDocument).State));
        }

        slow!.Go.Set();
        ApiAnswer answer;
        do
        {
            server.Limit.ThrowIfCancellationRequested();
            answer = await server.Api.SendAsync("GET", $"jobs/{job.Id}/result", token);
        }
        while (answer.Status == 202);

        Assert.Equal((200, "a\t2\nb\t3\nc\t1\n"), (answer.Status, answer.Body));
        Assert.Equal(1, slow.Results);
        Assert.Equal([$"jobs/{job.Id}/result/tsv"], server.Volume.List($"jobs/{job.Id}/result"));
        Assert.Empty(server.Volume.List($"jobs/{job.Id}/result-scratch"));
    }

    [Fact]
    public async Task Format_that_cannot_hold_the_result_is_refused_each_time_and_others_are_not()
    {
        await using JobServer server = await JobServer.StartAsync();
        string token = await server.Api.TokenAsync("ann");
        JobDetail job = await server.RunAsync(token, JobForm.WordCount().Without("reducer"));
        for (int i = 0; i < 2; i++)
        {
            ApiAnswer answer = await server.Api.SendAsync("GET", $"jobs/{job.Id}/result?format=json", token);
            Assert.Equal((400, "format"), (answer.Status, answer.Problem.Field));
            Assert.Contains("more than once", answer.Problem.Detail, StringComparison.Ordinal);
        }

        Assert.Equal(200, (await server.Api.SendAsync("GET", $"jobs/{job.Id}/result", token)).Status);
    }

    [Fact]
    public async Task Records_set_aside_are_joined_and_failures_are_in_the_log()
    {
        await using JobServer server = await JobServer.StartAsync();
        string token = await server.Api.TokenAsync("ann");
        const string Picky = "def map(key, line):\n    if line.startswith('bad'):\n        raise ValueError('\\x1b[31mred')\n    yield line, 1\n";
        JobForm form = new JobForm().File("mapper", "picky.py", Picky).File("input", "in.txt", "bad 1\ngood\nbad 2\n");
        JobDetail job = await server.RunAsync(token, form.Text("skipBadRecords", "5"));
        Assert.Equal(("completed", 2), (job.State, job.SetAside));
        ApiAnswer aside = await server.Api.SendAsync("GET", $"jobs/{job.Id}/set-aside", token);
        Assert.Equal("application/jsonl", aside.MediaType);
        Assert.Equal(["bad 1", "bad 2"], aside.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line =>
            Encoding.UTF8.GetString(Convert.FromBase64String(JsonNode.Parse(line)!["record"]!.GetValue<string>()))));

        JobDetail failed = await server.RunAsync(token, new JobForm().File("mapper", "picky.py", Picky).File("input", "in.txt", "good\nbad 2\n").Text("attempts", "2").Text("label", "a <b>"));
        Assert.Equal("failed", failed.State);
        Assert.Equal(("picky.py", "in.txt", 5L, "bad 2"), (failed.Card!.Code, failed.Card.File, failed.Card.Offset, failed.Card.RecordText));
        ApiAnswer text = await server.Api.SendAsync("GET", $"jobs/{failed.Id}/logs", token);
        Assert.Equal("text/plain", text.MediaType);
        Assert.Contains("submitted by ann as 'a <b>'", text.Body, StringComparison.Ordinal);
        Assert.Contains("map task 0, attempts 1 to 2, the same each time: ", text.Body, StringComparison.Ordinal);
        Assert.Equal(1, text.Body.Split("\n  traceback\n").Length - 1);
        Assert.DoesNotContain(text.Body, c => char.IsControl(c) && c is not ('\n' or '\t'));
        LogDocument log = (await server.Api.SendAsync("GET", $"jobs/{failed.Id}/logs?format=json", token)).Document(WireJson.Default.LogDocument);
        Assert.Equal(2, log.Cards.Count);
        Assert.Equal([1, 2], log.Cards.Select(card => card.Attempt));
        Assert.StartsWith("failed: ", log.Events[^1].Text, StringComparison.Ordinal);
        Assert.Equal(400, (await server.Api.SendAsync("GET", $"jobs/{failed.Id}/logs?format=xml", token)).Status);
    }

    [Fact]
    public async Task Sums_of_a_failed_job_stay_after_it_was_cleaned_up()
    {
        await using JobServer server = await JobServer.StartAsync();
        string token = await server.Api.TokenAsync("ann");
        const string Failing = "def reducer(entries):\n    raise ValueError('no')\n";
        JobDetail job = await server.RunAsync(token, JobForm.WordCount().Without("reducer").File("reducer", "r.py", Failing).Text("attempts", "1"));
        while (await server.Services.Register.OpenAsync("ann", server.Limit) > 0)
        {
            job = await server.GetAsync(token, job.Id, $"?after={job.Version}&wait=1");
        }

        job = await server.GetAsync(token, job.Id, "?tasks=true");
        Assert.Equal(("failed", 2L, 6L, true), (job.State, job.Map.RecordsIn, job.Map.RecordsOut, job.Ledger.UserCode > 0));
        Assert.Null(job.Tasks);
    }

    private static async Task<HttpResponseMessage> GetAsync(
        JobServer server, string token, string path, string? range = null, string? ifRange = null, string? encoding = null, string? known = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        foreach ((string name, string? value) in ((string, string?)[])[("Range", range), ("If-Range", ifRange), ("Accept-Encoding", encoding), ("If-None-Match", known)])
        {
            if (value is not null)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return await server.Api.Client.SendAsync(request, server.Limit);
    }

    /// <summary>Results are not written before they may be.</summary>
    private sealed class SlowVolume(IVolume volume) : IVolume
    {
        private int _results;

        public ManualResetEventSlim Go { get; } = new();

        public int Results => Volatile.Read(ref _results);

        public VolumeWriter Create(string path)
        {
            if (path.Contains("/result/", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _results);
                Go.Wait(TimeSpan.FromSeconds(60));
            }

            return volume.Create(path);
        }

        public VolumeReader Open(string path) => volume.Open(path);

        public bool Exists(string path) => volume.Exists(path);

        public IReadOnlyList<string> List(string folder) => volume.List(folder);

        public void Delete(string path) => volume.Delete(path);
    }
}
