using Katanemimena.Core;
using Katanemimena.DataPath;
using Katanemimena.Service;
using Katanemimena.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Katanemimena.Api;

/// <summary>Hands out results and records set aside.</summary>
internal sealed class JobDownloads(JobServices jobs)
{
    private static readonly Dictionary<ResultFormat, string> s_mediaTypes = new()
    {
        [ResultFormat.Tsv] = "text/tab-separated-values; charset=utf-8",
        [ResultFormat.Json] = "application/json",
        [ResultFormat.Jsonl] = "application/jsonl",
    };

    public async Task ResultAsync(ApiCall call)
    {
        ResultFormat format = Format(call);
        FoundJob job = await jobs.Catalogue.FindAsync(JobCall.Caller(call), JobCall.Id(call), call.Cancellation);
        using ResultFile? file = await jobs.Results.OpenAsync(job, format, call.Cancellation);
        if (file is null)
        {
            call.Http.Response.Headers.RetryAfter = "1";
            await call.AnswerAsync(StatusCodes.Status202Accepted, new AssemblingDocument(job.Id.ToString()), WireJson.Default.AssemblingDocument);
            return;
        }

        call.Http.Response.Headers.Vary = HeaderNames.AcceptEncoding;
        bool compressed = WantsGzip(call.Http.Request);
        var answer = new FileAnswer
        {
            Tag = compressed ? file.Tag + FileAnswer.Gzip : file.Tag,
            Modified = job.Reading.State.EndedAt ?? job.Spec.Submitted,
            MediaType = s_mediaTypes[format],
            SavedAs = file.FileName,
            Compressed = compressed,
        };
        await answer.WriteAsync(call, file.Content);
    }

    public async Task SetAsideAsync(ApiCall call)
    {
        FoundJob job = await jobs.Catalogue.FindAsync(JobCall.Caller(call), JobCall.Id(call), call.Cancellation);
        IReadOnlyList<string> files = jobs.Records.SetAsideFiles(job);
        call.Http.Response.ContentType = "application/jsonl";
        call.Http.Response.Headers.ContentDisposition = $"attachment; filename=\"{job.Id}-set-aside.jsonl\"";
        if (HttpMethods.IsHead(call.Http.Request.Method))
        {
            return;
        }

        foreach (string path in files)
        {
            using VolumeReader file = jobs.Parts.Volume.Open(path);
            await FileBytes.SendAsync(file, 0, file.Length, call.Http.Response.Body, call.Cancellation);
        }
    }

    private static ResultFormat Format(ApiCall call)
    {
        string text = call.Query("format") ?? ResultFiles.Formats[0].Word;
        return OptionText.Choice(text, ResultFiles.Formats, wanted => ApiCall.Invalid("format", $"is '{SentText.Quoted(text)}'; {wanted} is wanted"))!.Value;
    }

    /// <summary>Only a whole answer is compressed: a range is one of the bytes as they are.</summary>
    private static bool WantsGzip(HttpRequest request) =>
        request.Headers.Range.Count == 0
        && request.GetTypedHeaders().AcceptEncoding.Any(coding => coding.Value.Equals(FileAnswer.Gzip, StringComparison.OrdinalIgnoreCase) && coding.Quality is null or > 0);
}
