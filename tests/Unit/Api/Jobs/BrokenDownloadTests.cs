using System.Net.Http.Headers;
using System.Text;
using Katanemimena.Api;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Unit.Api.Jobs;

/// <summary>Files that cannot be read: nobody gets a part of one that looks whole.</summary>
public sealed class BrokenDownloadTests
{
    private const int Block = 128 << 10;

    [Theory]
    [InlineData(null)]
    [InlineData("gzip")]
    public async Task Result_that_cannot_be_read_is_a_problem_and_one_that_breaks_off_ends_the_connection(string? encoding)
    {
        FailingVolume? volume = null;
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Volume = inner => volume = new FailingVolume(inner) });
        string token = await server.Api.TokenAsync("ann");
        JobDetail job = await server.RunAsync(token, JobForm.WordCount(Words(40_000)));
        string path = $"jobs/{job.Id}/result";
        Assert.Equal(200, (await GetAsync(server.Api, token, path, encoding)).Status);

        volume!.BreakOff("/result/", 0);
        AssertUnreadable(await GetAsync(server.Api, token, path, encoding));
        volume.BreakOff("/result/", Block);
        await Assert.ThrowsAsync<HttpRequestException>(() => GetAsync(server.Api, token, path, encoding));

        volume.Truncate("/result/", 0);
        AssertUnreadable(await GetAsync(server.Api, token, path, encoding));
        volume.Truncate("/result/", Block + 1);
        await Assert.ThrowsAsync<HttpRequestException>(() => GetAsync(server.Api, token, path, encoding));
    }

    [Fact]
    public async Task Datafile_that_cannot_be_read_is_a_problem_and_one_that_breaks_off_ends_the_connection()
    {
        FailingVolume? volume = null;
        await using ApiServer server = await ApiServer.StartAsync(DatafileEndpoints.All, parts => parts with { Volume = volume = new FailingVolume(parts.Volume) });
        string token = await server.TokenAsync("ann");
        Assert.Equal(201, (await server.SendAsync("PUT", "datafiles/a", token, new ByteArrayContent(new byte[3 * Block]))).Status);
        Assert.Equal(200, (await GetAsync(server, token, "datafiles/a")).Status);

        volume!.BreakOff("", 0);
        AssertUnreadable(await GetAsync(server, token, "datafiles/a"));
        volume.BreakOff("", Block);
        await Assert.ThrowsAsync<HttpRequestException>(() => GetAsync(server, token, "datafiles/a"));
    }

    [Fact]
    public async Task Records_set_aside_and_logs_that_cannot_be_read_are_problems()
    {
        FailingVolume? volume = null;
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Volume = inner => volume = new FailingVolume(inner) });
        string token = await server.Api.TokenAsync("ann");
        const string Picky = "def map(key, line):\n    if line.startswith('bad'):\n        raise ValueError('no')\n    yield line, 1\n";
        JobForm form = new JobForm().File("mapper", "picky.py", Picky).File("input", "in.txt", "bad 1\ngood\n");
        JobDetail aside = await server.RunAsync(token, form.Text("skipBadRecords", "5"));
        JobDetail failed = await server.RunAsync(token, new JobForm().File("mapper", "picky.py", Picky).File("input", "in.txt", "bad 2\n").Text("attempts", "1"));
        while (await server.Services.Register.OpenAsync("ann", server.Limit) > 0)
        {
            failed = await server.GetAsync(token, failed.Id, $"?after={failed.Version}&wait=1");
        }

        Assert.Equal(200, (await GetAsync(server.Api, token, $"jobs/{aside.Id}/set-aside")).Status);
        Assert.Contains("ValueError", (await GetAsync(server.Api, token, $"jobs/{failed.Id}/logs")).Body, StringComparison.Ordinal);

        volume!.BreakOff("", 0);
        AssertUnreadable(await GetAsync(server.Api, token, $"jobs/{aside.Id}/set-aside"));
        AssertUnreadable(await GetAsync(server.Api, token, $"jobs/{failed.Id}/logs"));
        AssertUnreadable(await GetAsync(server.Api, token, $"jobs/{failed.Id}/logs?format=json"));
        volume.Truncate("/aside/", 5);
        AssertUnreadable(await GetAsync(server.Api, token, $"jobs/{aside.Id}/set-aside"));
    }

    private static void AssertUnreadable(ApiAnswer answer)
    {
        Assert.Equal((500, ProblemCodes.Internal), (answer.Status, answer.Problem.Code));
        Assert.DoesNotContain("SECRET-PATH", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(answer.Headers, header => header.Key is "Content-Encoding" or "ETag" or "Content-Disposition" or "Accept-Ranges");
    }

    private static async Task<ApiAnswer> GetAsync(ApiServer server, string token, string path, string? encoding = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/api/" + path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (encoding is not null)
        {
            request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue(encoding));
        }

        using HttpResponseMessage response = await server.Client.SendAsync(request);
        return await ApiAnswer.ReadAsync(response);
    }

    /// <summary>A line of words that are all different, and hard to compress.</summary>
    private static string Words(int count)
    {
        var text = new StringBuilder();
        uint word = 1;
        for (int i = 0; i < count; i++)
        {
            word = (word * 1664525) + 1013904223;
            text.Append(word).Append(i % 10 == 9 ? '\n' : ' ');
        }

        return text.ToString();
    }
}
