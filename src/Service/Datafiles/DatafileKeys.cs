using Katanemimena.Core;
using Katanemimena.Orchestration;

namespace Katanemimena.Service;

/// <summary>Where datafiles and uploads are in the key-value store. Prefixes end in a slash, so <c>bob</c> and <c>bobby</c> never mix.</summary>
internal static class DatafileKeys
{
    /// <summary>Prefix of all uploads that are not done.</summary>
    internal const string Uploads = "/mr/uploads/";

    /// <summary>Prefix of the ids whose blocks belong to no datafile and no upload: not yet, or no longer.</summary>
    internal const string Loose = "/mr/loose/";

    private const string Files = "/mr/datafiles/";
    private const string Blocks = "/mr/blocks/";

    /// <summary>Prefix of the datafiles of an owner.</summary>
    internal static string FilesOf(string owner) => $"{Files}{Checked(owner)}/";

    /// <summary>A datafile.</summary>
    internal static string File(string owner, string name) => FilesOf(owner) + name;

    /// <summary>Prefix of the uploads of an owner.</summary>
    internal static string UploadsOf(string owner) => $"{Uploads}{Checked(owner)}/";

    /// <summary>An upload.</summary>
    internal static string Upload(string owner, string name) => UploadsOf(owner) + name;

    /// <summary>Owner and name of a key of <see cref="Uploads"/>.</summary>
    internal static (string Owner, string Name) ParseUpload(string key) => Parse(key, Uploads);

    /// <summary>Prefix of the blocks of an upload. Their own names follow, which order them; values are empty.</summary>
    internal static string BlocksOf(string id) => $"{Blocks}{id}/";

    /// <summary>An id that has no record; see <see cref="Loose"/>.</summary>
    internal static string LooseId(string id) => Loose + id;

    /// <summary>Bytes an owner has stored: see <see cref="JobKeys.StoredGate"/>.</summary>
    internal static string Stored(string owner) => JobKeys.StoredGate(Checked(owner));

    /// <summary>Prefix of the data sent along with jobs that are not stored yet, and perhaps never are: a key a submission.</summary>
    internal const string Sent = "/mr/sent/";

    /// <summary>The submission that a hidden datafile came with.</summary>
    internal static string SentWith(string owner, string name) => $"{Sent}{Checked(owner)}/{SubmissionOf(name)}";

    /// <summary>Owner and submission of a key of <see cref="Sent"/>.</summary>
    internal static (string Owner, string Submission) ParseSent(string key) => Parse(key, Sent);

    /// <summary>Prefix of the datafiles that came with a submission.</summary>
    internal static string FilesSentWith(string owner, string submission) => $"{FilesOf(owner)}{DatafileName.Hidden}{submission}/";

    private static string SubmissionOf(string name) => name[DatafileName.Hidden.Length..].Split('/')[0];

    private static (string Owner, string Name) Parse(string key, string prefix)
    {
        string[] parts = key[prefix.Length..].Split('/', 2);
        return (parts[0], parts[1]);
    }

    private static string Checked(string owner) =>
        VolumePath.IsName(owner) ? owner : throw new ArgumentException($"'{owner}' is no name of an owner", nameof(owner));
}
