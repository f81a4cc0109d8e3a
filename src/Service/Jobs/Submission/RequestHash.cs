using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Katanemimena.Core;
using Katanemimena.Orchestration;

namespace Katanemimena.Service;

/// <summary>Tells whether two requests ask for the same job.</summary>
internal static class RequestHash
{
    /// <summary>The claim of a request's key; null without one.</summary>
    public static IdempotencyClaim? Claim(SubmitRequest request, IReadOnlyList<CodeFile?> programs, IReadOnlyList<string> sent) =>
        request.Key is { } key ? new IdempotencyClaim(Of([key.Kind, key.Text]), Of(Parts(request, programs, sent))) : null;

    /// <summary>Programs and data sent along count by their content, all else as it was written.</summary>
    private static IEnumerable<string> Parts(SubmitRequest request, IReadOnlyList<CodeFile?> programs, IReadOnlyList<string> sent) =>
    [
        .. programs.Select(program => program is null ? "" : $"{program.Sha256} {program.Contract} {program.Name}"),
        "data", .. request.Data,
        "sent", .. sent,
        "options", .. request.Options.Written.Select(option => $"{option.Key}={option.Value}"),
    ];

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
