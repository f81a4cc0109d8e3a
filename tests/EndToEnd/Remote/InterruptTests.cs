using Katanemimena.Tests.Contracts.FakeService;
using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd.Remote;

/// <summary>Ctrl-C, wherever it comes, leaves a job that can be found again, or none.</summary>
public sealed class InterruptTests : IAsyncLifetime
{
    private const int Interrupt = 2;

    private RemoteSandbox _remote = null!;

    public async ValueTask InitializeAsync() => _remote = await RemoteSandbox.StartAsync();

    public ValueTask DisposeAsync() => _remote.DisposeAsync();

    [Fact]
    public async Task Watch_says_how_to_come_back()
    {
        _remote.Service.Jobs.LastStep = 1;
        (await _remote.RunAsync("jobs", "submit", "--data", "datafile:x", "--mapper", "wc.py", "--detach")).Expect(0);
        using Mrctl watch = _remote.Sandbox.Start(null, "jobs", "watch", "m0-1");
        await InterruptWaitAsync(watch);
        Outcome outcome = (await watch.EndAsync()).Expect(130);
        Assert.Contains("job m0-1 goes on; come back with: mrctl jobs watch m0-1", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(outcome.Output);
    }

    [Fact]
    public async Task Command_to_come_back_with_names_the_server_that_was_named()
    {
        _remote.Service.Jobs.LastStep = 1;
        using Mrctl waiting = _remote.Sandbox.Start(null, "jobs", "book.txt", "wc.py", "--server", _remote.Service.Address, "--insecure");
        await InterruptWaitAsync(waiting);
        Assert.Contains($"mrctl jobs watch m0-1 --server {_remote.Service.Address} --insecure", (await waiting.EndAsync()).Expect(130).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Job_whose_submission_is_under_way_is_cancelled_if_so_wished()
    {
        using Mrctl submit = await InterruptedSubmissionAsync(serve => serve(), "--cancel-on-interrupt");
        Assert.Contains("job m0-1 was cancelled", (await submit.EndAsync()).Expect(130).Error, StringComparison.Ordinal);
        Assert.Equal("cancelled", _remote.Service.Jobs.All["m0-1"].State);
    }

    [Fact]
    public async Task Detached_job_whose_submission_is_under_way_is_cancelled_if_so_wished()
    {
        using Mrctl submit = await InterruptedSubmissionAsync(serve => serve(), "--cancel-on-interrupt", "--detach");
        Outcome outcome = (await submit.EndAsync()).Expect(130);
        Assert.Empty(outcome.Output);
        Assert.Equal("cancelled", _remote.Service.Jobs.All["m0-1"].State);
    }

    [Fact]
    public async Task Job_whose_answer_was_lost_is_found_by_its_key_and_cancelled()
    {
        using Mrctl submit = await InterruptedSubmissionAsync(async serve => await serve() with { CutAfter = 0 }, "--cancel-on-interrupt");
        Assert.Contains("job m0-1 was cancelled", (await submit.EndAsync()).Expect(130).Error, StringComparison.Ordinal);
        Assert.Equal("cancelled", Assert.Single(_remote.Service.Jobs.All).Value.State);
    }

    [Fact]
    public async Task Submission_that_is_refused_meanwhile_leaves_no_job_and_says_so()
    {
        using Mrctl submit = await InterruptedSubmissionAsync(
            _ => Task.FromResult(FakeAnswer.Problem(429, Wire.ProblemCodes.TooManyJobs, "you have too many jobs")), "--cancel-on-interrupt");
        Assert.Contains("no job was submitted (you have too many jobs)", (await submit.EndAsync()).Expect(130).Error, StringComparison.Ordinal);
        Assert.Empty(_remote.Service.Jobs.All);
    }

    [Fact]
    public async Task Interrupted_submission_says_by_which_key_it_is_known()
    {
        var made = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        _remote.Service.Break("POST jobs", 1, async serve =>
        {
            FakeAnswer answer = await serve();
            made.SetResult();
            await ended.Task;
            return answer;
        });
        using Mrctl submit = _remote.Sandbox.Start(null, "jobs", "book.txt", "wc.py");
        await made.Task.WaitAsync(TimeSpan.FromSeconds(60));
        submit.Signal(Interrupt);
        string error = (await submit.EndAsync()).Expect(130).Error;
        ended.SetResult();
        string key = error.Split("--idempotency-key ")[1].Split([' ', '\n'])[0];
        Assert.Equal("m0-1\n", (await _remote.RunAsync("jobs", "book.txt", "wc.py", "--detach", "--idempotency-key", key)).Expect(0).Text);
        Assert.Single(_remote.Service.Jobs.All);
    }

    [Fact]
    public async Task Interrupted_download_of_a_result_goes_on_without_a_second_job()
    {
        var reached = new TaskCompletionSource();
        _remote.Service.Break("GET jobs/m0-1/result", 1, _ =>
        {
            reached.SetResult();
            return new TaskCompletionSource<FakeAnswer>().Task.WaitAsync(TimeSpan.FromSeconds(5));
        });
        using Mrctl submit = _remote.Sandbox.Start(null, "jobs", "book.txt", "wc.py", "--output", "out.json", "--format", "json");
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(60));
        submit.Signal(Interrupt);
        Assert.Contains("go on with: mrctl jobs result m0-1 --output out.json --format json", (await submit.EndAsync()).Expect(130).Error, StringComparison.Ordinal);
    }

    private async Task InterruptWaitAsync(Mrctl waiting)
    {
        await waiting.UntilAsync(() => _remote.Service.Requests.Any(request => request.Contains("after=2", StringComparison.Ordinal)), "it waits");
        waiting.Signal(Interrupt);
    }

    /// <summary>A submission that is answered so, but only after the signal has been taken.</summary>
    private async Task<Mrctl> InterruptedSubmissionAsync(Func<Func<Task<FakeAnswer>>, Task<FakeAnswer>> answer, params string[] options)
    {
        var reached = new TaskCompletionSource();
        var taken = new TaskCompletionSource();
        _remote.Service.Break("POST jobs", 1, async serve =>
        {
            reached.SetResult();
            await taken.Task;
            return await answer(serve);
        });
        Mrctl submit = _remote.Sandbox.Start(null, ["jobs", "book.txt", "wc.py", .. options]);
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(60));
        submit.Signal(Interrupt);
        await submit.UntilAsync(() => submit.ErrorSoFar.Contains("stopping", StringComparison.Ordinal), "it has taken the signal");
        taken.SetResult();
        return submit;
    }
}
