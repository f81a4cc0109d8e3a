using System.Collections.Concurrent;
using System.Globalization;
using System.Numerics;
using Katanemimena.Wire;
using Microsoft.AspNetCore.Http;

namespace Katanemimena.Tests.Contracts.FakeService;

/// <summary>Datafiles and uploads of the fake service, as docs/api.md says.</summary>
public sealed class FakeDatafiles
{
    private const int BlockBytesMin = 1 << 20;

    /// <summary>Content by name.</summary>
    public ConcurrentDictionary<string, byte[]> Files { get; } = [];

    /// <summary>Uploads that are not done: what has come, and the size to be.</summary>
    public ConcurrentDictionary<string, (byte[] Received, long Total)> Uploads { get; } = [];

    /// <summary>CRC-32C bit by bit from the least significant, apart from the client's own.</summary>
    public static string Checksum(ReadOnlySpan<byte> bytes)
    {
        uint checksum = uint.MaxValue;
        foreach (byte one in bytes)
        {
            checksum = BitOperations.Crc32C(checksum, one);
        }

        return (~checksum).ToString("x8", CultureInfo.InvariantCulture);
    }

    /// <summary>A part of a body, as the range that the request asks for, if its version is still the one it knows.</summary>
    internal static FakeAnswer Ranged(HttpContext context, byte[] body, string mediaType)
    {
        string tag = $"\"{Checksum(body)}\"";
        string ifRange = context.Request.Headers.IfRange.ToString();
        string range = context.Request.Headers.Range.ToString();
        FakeAnswer answer = range.Length == 0 || (ifRange.Length > 0 && ifRange != tag) ? new FakeAnswer(200, body, mediaType) : Part(body, range, mediaType);
        answer.Headers["ETag"] = tag;
        return answer;
    }

    internal async Task<FakeAnswer> ServeAsync(HttpContext context, string name, string user) => (context.Request.Method, name.Length > 0, context.Request.Query.ContainsKey("upload")) switch
    {
        ("GET", false, _) => List(context, user),
        ("PUT", true, _) => await PutAsync(context, name, user),
        ("GET", true, true) => Uploads.TryGetValue(name, out (byte[] Received, long Total) upload)
            ? FakeAnswer.Of(Upload(name, upload), WireJson.Default.UploadDocument) : throw FakeRefusal.NotFound($"upload {name}"),
        ("DELETE", true, true) => Uploads.TryRemove(name, out _) ? FakeAnswer.Nothing : throw FakeRefusal.NotFound($"upload {name}"),
        ("GET", true, false) => Files.TryGetValue(name, out byte[]? body) ? Ranged(context, body, "application/octet-stream") : throw FakeRefusal.NotFound($"datafile {name}"),
        ("DELETE", true, false) => Files.TryRemove(name, out _) ? FakeAnswer.Nothing : throw FakeRefusal.NotFound($"datafile {name}"),
        _ => FakeAnswer.Problem(405, ProblemCodes.MethodNotAllowed, "no"),
    };

    private static FakeAnswer Part(byte[] body, string range, string mediaType)
    {
        string[] bounds = range["bytes=".Length..].Split('-');
        int from = int.Parse(bounds[0], CultureInfo.InvariantCulture);
        if (from >= body.Length)
        {
            FakeAnswer beyond = FakeAnswer.Problem(416, ProblemCodes.RangeNotSatisfiable, "beyond the end");
            beyond.Headers["Content-Range"] = $"bytes */{body.Length}";
            return beyond;
        }

        int end = (int)Math.Min(body.Length, long.Parse(bounds[1], CultureInfo.InvariantCulture) + 1);
        var part = new FakeAnswer(206, body[from..end], mediaType);
        part.Headers["Content-Range"] = $"bytes {from}-{end - 1}/{body.Length}";
        return part;
    }

    private static UploadDocument Upload(string name, (byte[] Received, long Total) upload) =>
        new() { Name = name, Total = upload.Total, Received = upload.Received.Length, Touched = TimeProvider.System.GetUtcNow() };

    private static DatafileDocument Document(string name, byte[] body, string user) =>
        new() { Name = name, Owner = user, Bytes = body.Length, Crc32C = Checksum(body), Uploaded = new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero) };

    private FakeAnswer List(HttpContext context, string user)
    {
        IQueryCollection query = context.Request.Query;
        int limit = int.Parse(query["limit"].FirstOrDefault() ?? "100", CultureInfo.InvariantCulture);
        DatafileDocument[] found =
        [
            .. Files.Where(file => file.Key.StartsWith(query["prefix"].FirstOrDefault() ?? "", StringComparison.Ordinal) && string.CompareOrdinal(file.Key, query["after"].FirstOrDefault() ?? "") > 0)
                .OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => Document(file.Key, file.Value, user)),
        ];
        return FakeAnswer.Of(new DatafilesDocument(found.Take(limit).ToArray(), found.Length > limit ? found[limit - 1].Name : null), WireJson.Default.DatafilesDocument);
    }

    private async Task<FakeAnswer> PutAsync(HttpContext context, string name, string user)
    {
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer);
        byte[] body = buffer.ToArray();
        IQueryCollection query = context.Request.Query;
        if (context.Request.ContentLength is null)
        {
            return FakeAnswer.Problem(411, ProblemCodes.LengthRequired, "no length");
        }

        if (Files.ContainsKey(name) && query["replace"] != "true")
        {
            return FakeAnswer.Problem(409, ProblemCodes.Exists, $"datafile {name} exists");
        }

        if (context.Request.Headers["X-Crc32c"].FirstOrDefault() is { } given && given != Checksum(body))
        {
            return FakeAnswer.Problem(422, ProblemCodes.WrongChecksum, "the block is damaged", field: "X-Crc32c");
        }

        long total = long.Parse(query["total"].FirstOrDefault() ?? $"{body.Length}", CultureInfo.InvariantCulture);
        long offset = long.Parse(query["offset"].FirstOrDefault() ?? "0", CultureInfo.InvariantCulture);
        (byte[] before, _) = Uploads.GetValueOrDefault(name, ([], total));
        if (offset > before.Length)
        {
            return FakeAnswer.Problem(409, ProblemCodes.WrongOffset, "a gap", received: before.Length);
        }

        if (offset + body.Length < total && body.Length < BlockBytesMin)
        {
            return FakeAnswer.Problem(400, ProblemCodes.InvalidRequest, "the block is too small");
        }

        byte[] now = offset + body.Length <= before.Length ? before : [.. before[..(int)offset], .. body];
        return now.Length == total ? Finish(context, name, now, user) : Keep(name, now, total);
    }

    private FakeAnswer Keep(string name, byte[] received, long total)
    {
        Uploads[name] = (received, total);
        return FakeAnswer.Of(Upload(name, (received, total)), WireJson.Default.UploadDocument, 202);
    }

    private FakeAnswer Finish(HttpContext context, string name, byte[] body, string user)
    {
        if (context.Request.Headers["X-File-Crc32c"].FirstOrDefault() is { } whole && whole != Checksum(body))
        {
            return FakeAnswer.Problem(422, ProblemCodes.WrongChecksum, "the file is another", field: "X-File-Crc32c");
        }

        Uploads.TryRemove(name, out _);
        Files[name] = body;
        return FakeAnswer.Of(Document(name, body, user), WireJson.Default.DatafileDocument, 201);
    }
}
