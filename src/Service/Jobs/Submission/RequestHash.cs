using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Katanemimena.Orchestration;

namespace Katanemimena.Service;

/// <summary>Tells whether two requests ask for the same job.</summary>
internal static class RequestHash
{
    /// <summary>The claim of a request's key; null without one. Needs nothing but the request: what it names may be gone when it is sent again.</summary>
    public static IdempotencyClaim? Claim(SubmitRequest request, IReadOnlyList<string> sent) =>
        request.Key is { } key ? new IdempotencyClaim(Of([key.Kind, key.Text]), Of(Parts(request, sent))) : null;

    /// <summary>What was sent along counts by its content, all else as it was written: datafiles by their names.</summary>
    private static IEnumerable<string> Parts(SubmitRequest request, IReadOnlyList<string> sent) =>
    [
        "mapper", .. Parts(request.Mapper),
        "reducer", .. Parts(request.Reducer),
        "combiner", .. Parts(request.Combiner),
        "data", .. request.Data,
        "sent", .. sent,
        "options", .. request.Options.Written.Select(option => $"{option.Key}={option.Value}"),
    ];

    private static string[] Parts(ProgramSource? program) => program switch
    {
        null => [],
        ProgramSource.Sent sent => ["file", sent.Name, Convert.ToHexStringLower(SHA256.HashData(sent.Content.Span))],
        ProgramSource.Datafile file => ["datafile", file.Name],
        ProgramSource.Command command => ["command", command.Line],
        _ => throw new ArgumentOutOfRangeException(nameof(program)),
    };

    /// <summary>Each part with its length before it, so that no two lists give the same bytes.</summary>
    private static string Of(IEnumerable<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string part in parts)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(part);
            hash.AppendData(Encoding.ASCII.GetBytes(bytes.Length.ToString(CultureInfo.InvariantCulture) + ":"));
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
