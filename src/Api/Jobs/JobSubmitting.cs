using Katanemimena.Service;
using Katanemimena.Wire;
using Microsoft.AspNetCore.Http;

namespace Katanemimena.Api;

/// <summary>Takes jobs in.</summary>
internal sealed class JobSubmitting(JobEndpointParts parts)
{
    private const string KeyHeader = "Idempotency-Key";

    public async Task SubmitAsync(ApiCall call)
    {
        RequestKey? key = call.Header(KeyHeader) is { } text ? RequestKey.Chosen(text, KeyHeader) : null;
        string owner = call.Identity.Name;

        // Before the body, which may take minutes to come: an account that is deleted meanwhile gets no job, nor does one that is made anew under its name.
        UserStanding standing = await parts.StandingOf(owner, call.Cancellation) ?? throw JobRefused.NoAccount();
        _ = standing.IsOf(call.Identity.Version) ? true : throw JobRefused.NoAccount();
        await using SentData sent = parts.Jobs.Submission.BeginData(owner, standing);
        SubmissionForm form = await SubmissionForm.ReadAsync(call, sent);
        var request = new SubmitRequest
        {
            Owner = owner,
            Standing = standing,
            Mapper = form.Program("mapper") ?? throw JobRefused.Invalid("mapper", "is missing: send the file, or mapperCommand or mapperDatafile"),
            Reducer = form.Program("reducer"),
            Combiner = form.Program("combiner"),
            Data = form.DataNames,
            Options = form.Options,
            Key = key,
        };
        Submitted submitted = await parts.Jobs.Submission.SubmitAsync(request, sent, call.Cancellation);
        await AnswerAsync(call, submitted);
    }

    private async Task AnswerAsync(ApiCall call, Submitted submitted)
    {
        FoundJob job = await FindAsync(call, submitted);
        JobDetail detail = await parts.Jobs.Catalogue.DescribeAsync(job, tasks: false, call.Cancellation);
        call.Http.Response.Headers.Location = $"{call.Http.Request.Path.ToUriComponent().TrimEnd('/')}/{job.Id}";
        await call.AnswerAsync(submitted.Repeated ? StatusCodes.Status200OK : StatusCodes.Status201Created, detail, WireJson.Default.JobDetail);
    }

    private async ValueTask<FoundJob> FindAsync(ApiCall call, Submitted submitted)
    {
        try
        {
            return await parts.Jobs.Catalogue.FindAsync(JobCall.Caller(call), submitted.Job.ToString(), call.Cancellation);
        }
        catch (JobRefused refused) when (submitted.Repeated && refused.Code == ProblemCodes.NotFound)
        {
            throw new JobRefused(ProblemCodes.NotFound, $"this request made job {submitted.Job} before, which was deleted since; take a new idempotency key for a new job");
        }
    }
}
