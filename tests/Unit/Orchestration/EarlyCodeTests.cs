using Katanemimena.Core;
using Katanemimena.Orchestration;
using Xunit;

namespace Katanemimena.Tests.Unit.Orchestration;

public sealed class EarlyCodeTests
{
    private static readonly CancellationToken s_stop = CancellationToken.None;

    [Fact]
    public async Task Code_opened_early_is_given_to_the_first_worker_that_asks_for_it()
    {
        var code = new CountingCode();
        await using (var early = new EarlyCode(code))
        {
            early.Begin(Code(1));
            await using IUserCode first = await early.OpenAsync(Code(1), s_stop);
            Assert.Equal(1, code.Opened);
            await using IUserCode second = await early.OpenAsync(Code(1), s_stop);
            Assert.Equal(2, code.Opened);
        }

        Assert.True(code.Closed.Task.IsCompleted);
    }

    [Fact]
    public async Task Code_of_another_job_is_opened_anew_and_what_nobody_asked_for_is_closed()
    {
        var code = new CountingCode();
        await using (var early = new EarlyCode(code))
        {
            early.Begin(Code(1));
            await (await early.OpenAsync(Code(2), s_stop)).DisposeAsync();
        }

        await code.Closed.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.InRange(code.Opened, 1, 2);
    }

    [Fact]
    public async Task What_goes_wrong_is_told_to_the_first_who_asks_and_then_tried_again()
    {
        int opened = 0;
        var code = new CountingCode { BeforeOpen = () => _ = ++opened == 1 ? throw new TransientFault("no") : 0 };
        await using var early = new EarlyCode(code);
        early.Begin(Code(1));
        await Assert.ThrowsAsync<TransientFault>(() => early.OpenAsync(Code(1), s_stop).AsTask());
        await using IUserCode second = await early.OpenAsync(Code(1), s_stop);
        Assert.Equal(2, opened);
    }

    [Fact]
    public async Task Waiting_that_is_cancelled_leaves_the_code_to_the_next_who_asks()
    {
        using var go = new ManualResetEventSlim();
        var code = new CountingCode { BeforeOpen = go.Wait };
        await using var early = new EarlyCode(code);
        early.Begin(Code(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => early.OpenAsync(Code(1), new CancellationToken(canceled: true)).AsTask());
        go.Set();
        await using IUserCode given = await early.OpenAsync(Code(1), s_stop);
        Assert.Equal(1, code.Opened);
    }

    [Fact]
    public async Task The_next_job_has_the_id_that_was_foretold()
    {
        await using var rig = new EngineRig();
        var jobs = new JobStore(rig.Store);
        await using EmbeddedEngine engine = await rig.StartAsync(new CountingCode());
        for (int job = 1; job <= 2; job++)
        {
            JobId next = await jobs.NextAsync(EngineParts.DefaultManager, rig.Limit);
            Assert.Equal(next, await engine.SubmitAsync(rig.Spec(), rig.Limit));
        }
    }

    private static JobCode Code(int job)
    {
        var file = new CodeFile { Name = "count", Path = "/count", Sha256 = "00", Contract = CodeContract.DotNet, Arguments = [] };
        return new JobCode(new JobId("local", job), file, file, null);
    }
}
