using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Katanemimena.Wire;

namespace Katanemimena.Client;

/// <summary>A submission as the form that <c>POST jobs</c> takes. Every attempt sends the same bytes, so the server knows it again.</summary>
internal static class SubmissionForm
{
    private const int DataCharactersMax = 4096;

    /// <summary>Body and media type.</summary>
    public static async Task<(byte[] Body, string MediaType)> OfAsync(JobSubmission submission, CancellationToken cancellation)
    {
        string boundary = $"katanemimena-{Guid.NewGuid():N}";
        using var form = new MultipartContent("form-data", boundary);
        Program(form, "mapper", submission.Mapper);
        Program(form, "reducer", submission.Reducer);
        Program(form, "combiner", submission.Combiner);
        foreach (string data in Joined(submission.Data))
        {
            Text(form, "data", data);
        }

        foreach (ProgramSource.Sent input in submission.Input)
        {
            Part(form, "input", new ReadOnlyMemoryContent(input.Content), input.Name);
        }

        Options(form, submission.Options);
        using var body = new MemoryStream();
        await form.CopyToAsync(body, cancellation);
        return (body.ToArray(), $"multipart/form-data; boundary={boundary}");
    }

    /// <summary>The request.</summary>
    public static HttpRequestMessage Request(byte[] body, string mediaType, string idempotencyKey)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(mediaType);
        return new HttpRequestMessage(HttpMethod.Post, "jobs") { Content = content, Headers = { { "Idempotency-Key", idempotencyKey } } };
    }

    /// <summary>Names in few fields of bounded length: a server takes neither many fields nor long ones.</summary>
    private static IEnumerable<string> Joined(IReadOnlyList<string> names)
    {
        var text = new StringBuilder();
        foreach (string name in names)
        {
            if (text.Length > 0 && text.Length + name.Length >= DataCharactersMax)
            {
                yield return text.ToString();
                text.Clear();
            }

            text.Append(text.Length > 0 ? "," : "").Append(name);
        }

        if (text.Length > 0)
        {
            yield return text.ToString();
        }
    }

    private static void Program(MultipartContent form, string role, ProgramSource? program)
    {
        switch (program)
        {
            case ProgramSource.Sent file:
                Part(form, role, new ReadOnlyMemoryContent(file.Content), file.Name);
                break;
            case ProgramSource.OfDatafile datafile:
                Text(form, $"{role}Datafile", datafile.Name);
                break;
            case ProgramSource.Command command:
                Text(form, $"{role}Command", command.Line);
                break;
        }
    }

    private static void Options(MultipartContent form, JobOptionsDocument options)
    {
        Text(form, "label", options.Label);
        Text(form, "contract", options.Contract);
        Text(form, "chunkSize", options.ChunkSize);
        Text(form, "reducers", Number(options.Reducers));
        Text(form, "workers", Number(options.Workers));
        Text(form, "memory", options.Memory);
        Text(form, "skipBadRecords", Number(options.SkipBadRecords));
        Text(form, "attempts", Number(options.Attempts));
        Text(form, "taskTimeout", options.TaskTimeout);
        Text(form, "sandbox", options.Sandbox);
    }

    private static string? Number(int? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static void Text(MultipartContent form, string name, string? value)
    {
        if (value is not null)
        {
            Part(form, name, new ByteArrayContent(Encoding.UTF8.GetBytes(value)), null);
        }
    }

    /// <summary>Names in quotes, as servers expect them; a file's name beyond ASCII goes as RFC 5987 says.</summary>
    private static void Part(MultipartContent form, string name, HttpContent content, string? fileName)
    {
        content.Headers.ContentDisposition = new ContentDispositionHeaderValue("form-data") { Name = $"\"{name}\"" };
        if (fileName is not null)
        {
            bool plain = fileName.All(character => char.IsAscii(character) && !char.IsControl(character) && character is not '"' and not '\\');
            content.Headers.ContentDisposition.FileName = plain ? $"\"{fileName}\"" : null;
            content.Headers.ContentDisposition.FileNameStar = plain ? null : fileName;
            content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        }

        form.Add(content);
    }
}
