using System.Text;
using Katanemimena.Core;
using Katanemimena.Service;
using Katanemimena.Wire;
using Microsoft.AspNetCore.Http;

namespace Katanemimena.Api;

/// <summary>Lists and shows jobs.</summary>
internal sealed class JobReading(JobServices jobs)
{
    private const int LimitMax = 500;
    private const int LimitDefault = 50;
    private const int WaitSecondsMax = 30;

    private static readonly string[] s_states = [.. Enum.GetNames<JobPhase>().Select(name => name.ToLowerInvariant())];

    public async Task ListAsync(ApiCall call)
    {
        var query = new JobQuery
        {
            Owner = call.Owner() ?? (call.IsAdmin ? null : call.Identity.Name),
            State = call.Query("state") is not { } state || s_states.Contains(state) ? call.Query("state") : throw ApiCall.Invalid("state", $"is '{SentText.Quoted(state)}'; one of {string.Join(", ", s_states)} is wanted"),
            Label = call.Query("label"),
            After = call.Query("after"),
            Limit = (int)call.Query("limit", 1, LimitMax, LimitDefault),
        };
        await call.AnswerAsync(StatusCodes.Status200OK, await jobs.Catalogue.ListAsync(query, call.Cancellation), WireJson.Default.JobsDocument);
    }

    public async Task GetAsync(ApiCall call)
    {
        long? after = call.Query("after") is null ? null : call.Query("after", 0, long.MaxValue - 1, 0);
        var wait = TimeSpan.FromSeconds(call.Query("wait", 0, WaitSecondsMax, 0));
        bool tasks = call.Flag("tasks");
        FoundJob job = await jobs.Catalogue.FindAsync(JobCall.Caller(call), JobCall.Id(call), call.Cancellation);
        if (after is { } version && wait > TimeSpan.Zero)
        {
            await jobs.Changes.WaitAsync(job.Id, version, wait, call.Cancellation);
            job = await jobs.Catalogue.FindAsync(JobCall.Caller(call), JobCall.Id(call), call.Cancellation);
        }

        await AnswerAsync(call, job, tasks);
    }

    public async Task CancelAsync(ApiCall call)
    {
        FoundJob job = await jobs.Catalogue.FindAsync(JobCall.Caller(call), JobCall.Id(call), call.Cancellation);
        call.Changed = new ChangedThing($"job {job.Id}, asked to be cancelled", job.Spec.Owner);
        job = await jobs.Ending.CancelAsync(JobCall.Caller(call), job, call.Cancellation);
        call.Changed = new ChangedThing($"job {job.Id}, cancelled", job.Spec.Owner);
        await AnswerAsync(call, job, tasks: false);
    }

    public async Task DeleteAsync(ApiCall call)
    {
        FoundJob job = await jobs.Catalogue.FindAsync(JobCall.Caller(call), JobCall.Id(call), call.Cancellation);
        call.Changed = new ChangedThing($"job {job.Id}, asked to be deleted", job.Spec.Owner);
        await jobs.Ending.DeleteAsync(job, call.Cancellation);
        call.Changed = new ChangedThing($"job {job.Id}, deleted", job.Spec.Owner);
        call.AnswerNothing();
    }

    public async Task LogsAsync(ApiCall call)
    {
        string format = call.Query("format") ?? "text";
        if (format is not ("text" or "json"))
        {
            throw ApiCall.Invalid("format", $"is '{SentText.Quoted(format)}'; text or json is wanted");
        }

        FoundJob job = await jobs.Catalogue.FindAsync(JobCall.Caller(call), JobCall.Id(call), call.Cancellation);
        LogDocument log = await jobs.Records.LogAsync(job, call.Cancellation);
        await (format == "json"
            ? call.AnswerAsync(StatusCodes.Status200OK, log, WireJson.Default.LogDocument)
            : call.AnswerAsync(StatusCodes.Status200OK, Encoding.UTF8.GetBytes(JobRecords.Text(log)), "text/plain; charset=utf-8"));
    }

    private async Task AnswerAsync(ApiCall call, FoundJob job, bool tasks) =>
        await call.AnswerAsync(StatusCodes.Status200OK, await jobs.Catalogue.DescribeAsync(job, tasks, call.Cancellation), WireJson.Default.JobDetail);
}
