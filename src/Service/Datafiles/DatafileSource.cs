using Katanemimena.Core;

namespace Katanemimena.Service;

/// <summary>What <see cref="InputFile.Source"/> says of a datafile: <c>datafile:{id}/{index}</c>, which names the list of its blocks on the volume.</summary>
internal static class DatafileSource
{
    private const string Scheme = "datafile:";

    internal static string Of(StoredFile file) => $"{Scheme}{file.Id}/{file.Index}";

    /// <summary>Reads the names out of a source; false if it is none of a datafile. Neither name leads out of the folder of all blocks.</summary>
    internal static bool TryParse(string? source, out string id, out string index)
    {
        (id, index) = ("", "");
        if (source is null || !source.StartsWith(Scheme, StringComparison.Ordinal) || source[Scheme.Length..].Split('/') is not [var first, var second]
            || !VolumePath.IsName(first) || !VolumePath.IsName(second))
        {
            return false;
        }

        (id, index) = (first, second);
        return true;
    }
}
