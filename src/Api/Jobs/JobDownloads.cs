using System.IO.Compression;
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
    private const int BufferBytes = 128 * 1024;
    private const string Gzip = "gzip";

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
        var answer = new FileAnswer
        {
            Tag = WantsGzip(call.Http.Request) ? file.Tag + Gzip : file.Tag,
            Modified = job.Reading.State.EndedAt ?? job.Spec.Submitted,
            MediaType = s_mediaTypes[format],
            SavedAs = file.FileName,
        };
        if (WantsGzip(call.Http.Request))
        {
            await CompressedAsync(call, answer, file.Content);
        }
        else
        {
            await answer.WriteAsync(call, file.Content);
        }
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
            await CopyAsync(file, call.Http.Response.Body, call.Cancellation);
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
        && request.GetTypedHeaders().AcceptEncoding.Any(coding => coding.Value.Equals(Gzip, StringComparison.OrdinalIgnoreCase) && coding.Quality is null or > 0);

    private static async Task CompressedAsync(ApiCall call, FileAnswer answer, VolumeReader content)
    {
        HttpResponse response = call.Http.Response;
        var tag = new EntityTagHeaderValue($"\"{answer.Tag}\"");
        response.GetTypedHeaders().ETag = tag;
        if (call.Http.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(tag, useStrongComparison: false)))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = answer.MediaType;
        response.Headers.ContentEncoding = Gzip;
        response.Headers.ContentDisposition = $"attachment; filename=\"{answer.SavedAs}\"";
        if (!HttpMethods.IsHead(call.Http.Request.Method))
        {
            await using var compressed = new GZipStream(response.Body, CompressionLevel.Fastest, leaveOpen: true);
            await CopyAsync(content, compressed, call.Cancellation);
        }
    }

    private static async Task CopyAsync(VolumeReader file, Stream to, CancellationToken cancellation)
    {
        byte[] buffer = new byte[BufferBytes];
        for (long offset = 0; file.Read(offset, buffer) is var read and > 0; offset += read)
        {
            await to.WriteAsync(buffer.AsMemory(0, read), cancellation);
        }
    }
}
