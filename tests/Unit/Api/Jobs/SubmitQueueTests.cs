using System.Text;
using System.Text.Json;
using Katanemimena.Access;
using Katanemimena.Api;
using Katanemimena.Core;
using Katanemimena.TriggerHost;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Unit.Api.Jobs;

/// <summary>Jobs come in as messages of a queue.</summary>
public sealed class SubmitQueueTests
{
    [Fact]
    public async Task Message_with_a_service_token_makes_a_job_and_is_answered()
    {
        await using JobServer server = await JobServer.StartAsync();
        SubmitMessage message = await MessageAsync(server) with { AnswerTo = "answers-batch", Correlation = "42", IdempotencyKey = "k" };
        await HandleAsync(server, message);
        await HandleAsync(server, message);
        SubmitAnswer answer = await AnswerAsync(server, "answers-batch");
        Assert.Equal(("42", null), (answer.Correlation, answer.Problem));
        Assert.Equal(answer.Job, (await AnswerAsync(server, "answers-batch")).Job);
        string token = await server.Api.TokenAsync("ann");
        JobDetail job = await server.EndAsync(token, await server.GetAsync(token, answer.Job!));
        Assert.Equal(("completed", "ann"), (job.State, job.Owner));
        Assert.Equal("a\t2\nb\t1\n", (await server.Api.SendAsync("GET", $"jobs/{job.Id}/result", token)).Body);
    }

    [Fact]
    public async Task Message_of_the_documentation_makes_a_job()
    {
        string page = File.ReadAllText(Path.Join(Sample.Root, "docs", "queue-submission.md"));
        string json = page[(page.IndexOf("```json", StringComparison.Ordinal) + 7)..];
        json = json[..json.IndexOf("```", StringComparison.Ordinal)];
        await using JobServer server = await JobServer.StartAsync();
        string token = await server.Api.TokenAsync("ann");
        await Function(server, "SubmitQueue").Handle(Encoding.UTF8.GetBytes(json.Replace("SERVICE_TOKEN", (await MessageAsync(server)).Token, StringComparison.Ordinal)), default);
        SubmitAnswer answer = await AnswerAsync(server, "answers-nightly");
        Assert.True(answer.Job is not null, answer.Problem?.Detail);
        JobDetail job = await server.EndAsync(token, await server.GetAsync(token, answer.Job));
        Assert.Equal(("completed", "nightly", 2), (job.State, job.Label, job.Options.Reducers));
        Assert.Equal("a\t2\nb\t3\nc\t1\n", (await server.Api.SendAsync("GET", $"jobs/{job.Id}/result", token)).Body);
    }

    [Fact]
    public async Task Message_delivered_twice_without_a_key_makes_one_job_and_another_message_another()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        SubmitMessage message = await MessageAsync(server) with { Token = await server.Api.TokenAsync("ann") };
        await HandleAsync(server, message);
        await HandleAsync(server, message);
        Assert.Equal(1, await server.Services.Register.OpenAsync("ann", default));
        await HandleAsync(server, message with { Correlation = "another" });
        Assert.Equal(2, await server.Services.Register.OpenAsync("ann", default));
    }

    [Fact]
    public async Task Problem_is_the_answer_and_the_message_is_done_with()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false, OpenJobsMax = 0 });
        SubmitMessage message = await MessageAsync(server) with { AnswerTo = "answers" };
        foreach ((SubmitMessage bad, string code, string? field) in ((SubmitMessage, string, string?)[])
            [
                (message, ProblemCodes.TooManyJobs, null),
                (message with { Token = "no token" }, ProblemCodes.Unauthorized, "token"),
                (message with { Mapper = new ProgramDocument() }, ProblemCodes.InvalidRequest, "mapper"),
                (message with { Options = new JobOptionsDocument { Reducers = 0 } }, ProblemCodes.InvalidRequest, "reducers"),
                (message with { Data = ["nowhere"] }, ProblemCodes.InvalidJob, "data"),
                (message with { Input = [new InlineFile("a", Base64: "§")] }, ProblemCodes.InvalidRequest, "input"),
                (message with { IdempotencyKey = new string('k', 201) }, ProblemCodes.InvalidRequest, "idempotencyKey"),
                (message with { Correlation = new string('c', 201) }, ProblemCodes.InvalidRequest, "correlation"),
            ])
        {
            await HandleAsync(server, bad);
            SubmitAnswer answer = await AnswerAsync(server, "answers");
            Assert.Equal((null, code, field), (answer.Job, answer.Problem!.Code, answer.Problem.Field));
            Assert.True(answer.Correlation is null or { Length: 200 });
        }

        Assert.Equal(0, await server.Datafiles.StoredBytesAsync("ann", default));
        Assert.DoesNotContain(message.Token, server.Api.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Message_that_cannot_be_answered_comes_to_the_poison_queue_and_is_logged_without_its_token()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        SubmitMessage message = await MessageAsync(server);
        foreach (byte[] body in (byte[][])
            [
                "no json"u8.ToArray(),
                "{\"token\":\"SECRET-TOKEN\",\"mapper\":7}"u8.ToArray(),
                Write(message with { AnswerTo = "stage" }),
                Write(message with { AnswerTo = "answers--x" }),
                Write(message with { Token = "SECRET-TOKEN" }),
            ])
        {
            PermanentFault fault = await Assert.ThrowsAsync<PermanentFault>(() => Function(server, "SubmitQueue").Handle(body, default).AsTask());
            Assert.DoesNotContain("SECRET-TOKEN", fault.Message, StringComparison.Ordinal);
            await Function(server, "SubmitPoison").Handle(body, default);
        }

        Assert.Equal(0, await server.Queue.CountAsync("stage", default));
        Assert.Contains("is given up", server.Api.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET-TOKEN", server.Api.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(message.Token, server.Api.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Poisoned_message_is_answered_where_it_can_be()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        SubmitMessage message = await MessageAsync(server) with { AnswerTo = "answers", Correlation = "7" };
        await Function(server, "SubmitPoison").Handle(Write(message), default);
        SubmitAnswer answer = await AnswerAsync(server, "answers");
        Assert.Equal(("7", ProblemCodes.Unavailable), (answer.Correlation, answer.Problem!.Code));
    }

    private static async Task<SubmitMessage> MessageAsync(JobServer server)
    {
        await server.Api.TokenAsync("ann");
        ServiceTokenResult minted = await server.Api.Rig.First.ServiceTokens.MintAsync(
            await server.Api.Rig.AddAdminAsync(), "ann", TimeSpan.FromDays(30), "test", default);
        return new SubmitMessage
        {
            Token = minted.Token!.Text,
            Mapper = new ProgramDocument { File = new InlineFile("m.py", Text: JobForm.Mapper) },
            Reducer = new ProgramDocument { File = new InlineFile("r.py", Base64: Convert.ToBase64String(Encoding.UTF8.GetBytes(JobForm.Reducer))) },
            Input = [new InlineFile("in.txt", Text: "b a a\n")],
        };
    }

    private static QueueFunction Function(JobServer server, string name) =>
        JobFunctions.All(server.Endpoints, () => server.Api.Rig.First, "any", server.Api.Log).Single(function => function.Name == name);

    private static ValueTask HandleAsync(JobServer server, SubmitMessage message) => Function(server, "SubmitQueue").Handle(Write(message), default);

    private static byte[] Write(SubmitMessage message) => JsonSerializer.SerializeToUtf8Bytes(message, WireJson.Default.SubmitMessage);

    private static async Task<SubmitAnswer> AnswerAsync(JobServer server, string queue)
    {
        QueueMessage? message = await server.Queue.ReceiveAsync(queue, TimeSpan.FromMinutes(1), TimeSpan.Zero, default);
        Assert.NotNull(message);
        return JsonSerializer.Deserialize(message.Body.Span, WireJson.Default.SubmitAnswer)!;
    }
}
