using System.Text;
using Katanemimena.Core;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Unit.Api.Jobs;

/// <summary>Jobs come in over HTTP, run, and give their result.</summary>
public sealed class SubmitJobTests
{
    [Fact]
    public async Task Job_is_submitted_watched_and_its_result_fetched()
    {
        await using JobServer server = await JobServer.StartAsync();
        string token = await server.Api.TokenAsync("ann");
        ApiAnswer answer = await server.PostAsync(token, JobForm.WordCount().Text("label", "my \"first\" job").Text("reducers", "2"));
        Assert.Equal(201, answer.Status);
        JobDetail job = answer.Document(WireJson.Default.JobDetail);
        Assert.Equal($"/api/jobs/{job.Id}", answer.Headers["Location"]);
        Assert.Equal("my \"first\" job", job.Label);
        Assert.Equal(("ann", "text.txt", 2), (job.Owner, Assert.Single(job.Inputs).Name, job.Options.Reducers));
        Assert.Equal(["python-functions", "python-functions"], job.Code.Select(code => code.Contract));

        JobDetail ended = await server.EndAsync(token, job);
        Assert.Equal("completed", ended.State);
        Assert.Equal((2, 6), (ended.Map.RecordsIn, ended.Map.RecordsOut));
        Assert.Equal((3, 0), (ended.Reduce.Groups, ended.SetAside));
        Assert.True(ended.Ledger.UserCode > 0 && ended.Ledger.Starting > 0 && ended.Ledger.WaitingForWorker >= 0);
        Assert.Equal(("preferred", true), (ended.Options.Sandbox, ended.SandboxLevel is "process" or "namespaces"));
        Assert.True(ended.Version > job.Version);
        ApiAnswer result = await server.Api.SendAsync("GET", $"jobs/{job.Id}/result", token);
        Assert.Equal((200, "a\t2\nb\t3\nc\t1\n"), (result.Status, result.Body));
        Assert.Equal($"attachment; filename=\"{job.Id}.tsv\"", result.Headers["Content-Disposition"]);
    }

    public static TheoryData<string, string> Samples => Variants();

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task Samples_give_the_bytes_expected(string folder, string variant)
    {
        Sample sample = Sample.Read(folder, variant);
        await using JobServer server = await JobServer.StartAsync();
        string token = await server.Api.TokenAsync("ann");
        JobDetail job = await server.RunAsync(token, sample.Form().Text("chunkSize", "1K").Text("reducers", "3"));
        Assert.True(job.State == "completed", job.Error);
        ApiAnswer result = await server.Api.SendAsync("GET", $"jobs/{job.Id}/result?format={sample.Format}", token);
        Assert.Equal(sample.Expected, result.Body);
    }

    [Fact]
    public async Task Commands_and_programs_and_data_may_be_on_the_server()
    {
        await using JobServer server = await JobServer.StartAsync();
        string token = await server.Api.TokenAsync("ann");
        await server.Datafiles.AddAsync("ann", "logs/1.txt", new MemoryStream("x 1\n"u8.ToArray()), 1 << 20, default);
        await server.Datafiles.AddAsync("ann", "logs/2.txt", new MemoryStream("y 2\nx 3\n"u8.ToArray()), 1 << 20, default);
        await server.Datafiles.AddAsync("ann", "count.py", new MemoryStream(Encoding.UTF8.GetBytes("def reduce(key, values):\n    yield sum(1 for _ in values)\n")), 1 << 20, default);
        JobForm form = new JobForm().Text("mapperCommand", "cut -d ' ' -f 1").Text("reducerDatafile", "count.py").Text("data", "logs/*").File("input", "more.txt", "x 4\n");
        JobDetail job = await server.RunAsync(token, form);
        Assert.True(job.State == "completed", job.Error);
        Assert.Equal(["logs/1.txt", "logs/2.txt", "more.txt"], job.Inputs.Select(input => input.Name));
        Assert.Equal(["cut -d   -f 1", "count.py"], job.Code.Select(code => code.Name));
        Assert.Equal("x\t3\ny\t1\n", (await server.Api.SendAsync("GET", $"jobs/{job.Id}/result", token)).Body);
    }

    [Fact]
    public async Task Command_that_workers_do_not_have_fails_the_job_and_says_so()
    {
        await using JobServer server = await JobServer.StartAsync();
        string token = await server.Api.TokenAsync("ann");
        JobDetail job = await server.RunAsync(token, new JobForm().Text("mapperCommand", "no-such-command-here -x").File("input", "a", "1\n"));
        Assert.Equal("failed", job.State);
        Assert.Contains("no-such-command-here", job.Error, StringComparison.Ordinal);
        Assert.Contains("PATH", job.Card!.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("reducers", "0", "reducers 0: must be a whole number from 1 to 1000, or auto")]
    [InlineData("reducers", "many", "reducers many: must be a whole number from 1 to 1000, or auto")]
    [InlineData("workers", "1001", "workers 1001: must be a whole number from 1 to 1000")]
    [InlineData("chunkSize", "12", "chunkSize 12: must be a size from 1.00 KiB to 1.00 TiB, like 64K, 1MiB or 2G, or auto")]
    [InlineData("memory", "1M", "memory 1M: must be a size from 16.0 MiB to 1.00 TiB, like 64K, 1MiB or 2G")]
    [InlineData("skipBadRecords", "-1", "skipBadRecords -1: must be a whole number from 0 to 1000000000")]
    [InlineData("attempts", "101", "attempts 101: must be a whole number from 1 to 100")]
    [InlineData("taskTimeout", "5", "taskTimeout 5: must be a time from 1s to 24h, like 30s or 5m")]
    [InlineData("contract", "cobol", "contract cobol: must be one of auto, python-functions, python-generators, streaming, dotnet")]
    [InlineData("sandbox", "maybe", "sandbox maybe: must be one of preferred, required, off")]
    [InlineData("label", "two\nlines", "label has 9 characters; at most 200 without control characters are wanted")]
    [InlineData("shoeSize", "44", "shoeSize is no field of a submission; see /api/openapi.json")]
    public async Task Option_that_cannot_be_is_refused_by_name(string field, string value, string detail)
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        ApiAnswer answer = await server.PostAsync(await server.Api.TokenAsync("ann"), JobForm.WordCount().Text(field, value));
        Assert.Equal((400, ProblemCodes.InvalidRequest, field, detail), (answer.Status, answer.Problem.Code, answer.Problem.Field, answer.Problem.Detail));
        Assert.Empty((await server.Store.RangeAsync(KeyRange.Prefix("/mr/jobs/"), default)).Keys);
        Assert.Equal(0, await server.Datafiles.StoredBytesAsync("ann", default));
    }

    [Fact]
    public async Task Job_that_cannot_work_is_refused_with_the_field_to_blame()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false, StoredBytesMax = 1000 });
        string token = await server.Api.TokenAsync("ann");
        foreach ((JobForm form, int status, string code, string field) in new (JobForm, int, string, string)[]
            {
                (JobForm.WordCount().Without("mapper"), 400, ProblemCodes.InvalidRequest, "mapper"),
                (JobForm.WordCount().Without("input"), 422, ProblemCodes.InvalidJob, "data"),
                (JobForm.WordCount().Text("data", "nowhere.txt"), 422, ProblemCodes.InvalidJob, "data"),
                (JobForm.WordCount().Without("reducer").File("reducer", "r.py", "x = 1\n"), 422, ProblemCodes.InvalidJob, "reducer"),
                (JobForm.WordCount().Without("reducer").File("reducer", "notes.txt", "hello\n"), 422, ProblemCodes.InvalidJob, "reducer"),
                (JobForm.WordCount().Without("reducer").Text("reducerCommand", "/bin/cat"), 422, ProblemCodes.InvalidJob, "reducer"),
                (JobForm.WordCount().Without("reducer").Text("reducerDatafile", "none.py"), 422, ProblemCodes.InvalidJob, "reducerDatafile"),
                (JobForm.WordCount().Text("reducerCommand", "cat"), 400, ProblemCodes.InvalidRequest, "reducer"),
                (JobForm.WordCount().Text("memory", "16M").Text("workers", "1000"), 422, ProblemCodes.InvalidJob, "memory"),
                (JobForm.WordCount(new string('x', 2000)), 413, ProblemCodes.OverQuota, "input"),
                (JobForm.WordCount().Without("mapper").File("mapper", "m.py", new byte[(4 << 20) + 1]), 413, ProblemCodes.TooLarge, "mapper"),
            })
        {
            ApiAnswer answer = await server.PostAsync(token, form);
            Assert.Equal((status, code, field), (answer.Status, answer.Problem.Code, answer.Problem.Field));
        }

        Assert.Empty((await server.Store.RangeAsync(KeyRange.Prefix("/mr/jobs/"), default)).Keys);
        Assert.Equal(0, await server.Datafiles.StoredBytesAsync("ann", default));
    }

    [Fact]
    public async Task Code_that_is_refused_leaves_no_file()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        ApiAnswer answer = await server.PostAsync(await server.Api.TokenAsync("ann"), JobForm.WordCount().Without("mapper").File("mapper", "m.py", "x = 1\n"));
        Assert.Equal(422, answer.Status);
        Assert.Empty(Directory.EnumerateFileSystemEntries(server.CodeFolder));
        Assert.Equal(0, await server.Datafiles.StoredBytesAsync("ann", default));
    }

    [Theory]
    [InlineData("application/json", 415)]
    [InlineData("multipart/form-data", 400)]
    [InlineData("multipart/form-data; boundary=other", 400)]
    public async Task Body_that_is_no_form_is_refused(string mediaType, int status)
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        var content = new ByteArrayContent("--x\r\n\r\n"u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", mediaType);
        ApiAnswer answer = await server.Api.SendAsync("POST", "jobs", await server.Api.TokenAsync("ann"), content);
        Assert.True(answer.Status == status, answer.Body);
    }

    private static TheoryData<string, string> Variants()
    {
        var data = new TheoryData<string, string>();
        foreach ((string folder, string variant) in Sample.All())
        {
            data.Add(folder, variant);
        }

        return data;
    }
}
