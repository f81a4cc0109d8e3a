using System.Text;
using Katanemimena.Core;
using Katanemimena.Service;
using Katanemimena.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Katanemimena.Api;

/// <summary>The form of <c>POST jobs</c>, read part after part: programs into memory, data straight into the store, nothing into temporary files.</summary>
/// <remarks>Bounds: 32 MiB in all, 1,000 parts, 16 KiB a text, 4 MiB a program, 8 headers and 4 KiB of them a part. Source of the form: RFC 7578.</remarks>
internal sealed class SubmissionForm
{
    /// <summary>Most bytes of a form.</summary>
    public const int BytesMax = 32 << 20;

    private const int PartsMax = 1000;
    private const int TextBytesMax = 16 << 10;
    private const int HeadersMax = 8;
    private const int HeaderBytesMax = 4 << 10;
    private const int BoundaryLengthMax = 70;
    private const string Data = "data";
    private const string Input = "input";
    private const string CommandSuffix = "Command";
    private const string DatafileSuffix = "Datafile";

    private static readonly string[] s_roles = ["mapper", "reducer", "combiner"];

    private readonly Dictionary<string, ProgramSource> _programs = new(StringComparer.Ordinal);
    private readonly List<string> _data = [];

    /// <summary>The options.</summary>
    public JobOptionTexts Options { get; } = new();

    /// <summary>Names of datafiles.</summary>
    public IReadOnlyList<string> DataNames => _data;

    /// <summary>The program of a role, or null.</summary>
    public ProgramSource? Program(string role) => _programs.GetValueOrDefault(role);

    /// <summary>Reads the body of a call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="sent">Takes the data.</param>
    /// <exception cref="ApiProblem">It is no form, or too large.</exception>
    /// <exception cref="BadHttpRequestException">The server gave up on the body; its status says why.</exception>
    /// <exception cref="JobRefused">A field is not known, given twice, or too large; or the data is over the quota.</exception>
    public static async ValueTask<SubmissionForm> ReadAsync(ApiCall call, SentData sent)
    {
        string boundary = Boundary(call.Http.Request.ContentType);
        call.BodyLength(BytesMax);
        var form = new SubmissionForm();
        var reader = new MultipartReader(boundary, call.Http.Request.Body) { HeadersCountLimit = HeadersMax, HeadersLengthLimit = HeaderBytesMax, BodyLengthLimit = BytesMax };
        try
        {
            int parts = 0;
            while (await reader.ReadNextSectionAsync(call.Cancellation) is { } section)
            {
                if (++parts > PartsMax)
                {
                    throw new JobRefused(ProblemCodes.TooLarge, "the form has more than 1000 parts; upload the data as datafiles");
                }

                await form.TakeAsync(section, sent, call.Cancellation);
            }
        }
        catch (Exception e) when (e is InvalidDataException || (e is IOException and not BadHttpRequestException && !call.Cancellation.IsCancellationRequested))
        {
            throw ApiCall.Invalid("body", "cannot be read as multipart/form-data: it ends too early, or a part's headers are too long");
        }

        return form;
    }

    private async ValueTask TakeAsync(MultipartSection section, SentData sent, CancellationToken cancellation)
    {
        if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out ContentDispositionHeaderValue? disposition)
            || HeaderUtilities.RemoveQuotes(disposition.Name).Value is not { Length: > 0 } name)
        {
            throw ApiCall.Invalid("body", "has a part without Content-Disposition: form-data and a name");
        }

        string? file = HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).Value;
        if (name == Input)
        {
            // A form whose file was not chosen sends it without a name and content.
            if (file is null or { Length: > 0 })
            {
                await sent.AddAsync(file ?? Input, section.Body, cancellation);
            }
        }
        else if (s_roles.Contains(name))
        {
            await TakeProgramAsync(name, file, section.Body, cancellation);
        }
        else
        {
            TakeText(name, await TextAsync(name, section.Body, cancellation));
        }
    }

    private async ValueTask TakeProgramAsync(string role, string? file, Stream body, CancellationToken cancellation)
    {
        byte[] content = await BytesAsync(role, body, ProgramSource.BytesMax, cancellation);
        if (file is { Length: > 0 })
        {
            Add(role, new ProgramSource.Sent(file, content));
        }
        else if (content.Length > 0)
        {
            throw JobRefused.Invalid(role, $"has no file name: send a file, or {role}{CommandSuffix} for a command that workers have");
        }
    }

    private void TakeText(string name, string text)
    {
        if (text.Length == 0)
        {
            return;
        }

        if (name == Data)
        {
            _data.AddRange(text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        }
        else if (JobOptionTexts.Names.Contains(name))
        {
            Options.Add(name, text);
        }
        else if (Array.Find(s_roles, role => name == role + CommandSuffix) is { } commanded)
        {
            Add(commanded, new ProgramSource.Command(text));
        }
        else if (Array.Find(s_roles, role => name == role + DatafileSuffix) is { } stored)
        {
            Add(stored, new ProgramSource.Datafile(text));
        }
        else
        {
            throw JobRefused.Invalid(SentText.Quoted(name), "is no field of a submission; see /api/openapi.json");
        }
    }

    private void Add(string role, ProgramSource source)
    {
        if (!_programs.TryAdd(role, source))
        {
            throw JobRefused.Invalid(role, "is given more than once: as a file, a command or a datafile");
        }
    }

    private static async ValueTask<string> TextAsync(string name, Stream body, CancellationToken cancellation)
    {
        try
        {
            return s_utf8.GetString(await BytesAsync(name, body, TextBytesMax, cancellation));
        }
        catch (DecoderFallbackException)
        {
            throw JobRefused.Invalid(SentText.Quoted(name), "is no text in UTF-8");
        }
    }

    private static async ValueTask<byte[]> BytesAsync(string name, Stream body, int most, CancellationToken cancellation)
    {
        using var bytes = new MemoryStream();
        byte[] buffer = new byte[16 << 10];
        while (await body.ReadAsync(buffer, cancellation) is var read and > 0)
        {
            if (bytes.Length + read > most)
            {
                throw new JobRefused(ProblemCodes.TooLarge, $"{SentText.Quoted(name)} has more than {most} bytes, which is the most it may have") { Field = SentText.Quoted(name) };
            }

            bytes.Write(buffer, 0, read);
        }

        return bytes.ToArray();
    }

    private static string Boundary(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? type) && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            ? HeaderUtilities.RemoveQuotes(type.Boundary).Value is { Length: > 0 and <= BoundaryLengthMax } boundary
                ? boundary
                : throw ApiCall.Invalid("Content-Type", "has no boundary of 1 to 70 characters")
            : throw new ApiProblem(ProblemCodes.UnsupportedMediaType, "send multipart/form-data") { Field = "Content-Type" };

    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
