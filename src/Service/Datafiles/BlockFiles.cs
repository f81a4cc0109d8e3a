using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Service;

/// <summary>Where datafiles are on the volume: <c>data/{id}/</c> holds the blocks, each published once under a name that nobody else gives, and the list of them.</summary>
/// <remarks>Two instances may be sent the same block at once, so a block's name ends in a token of who wrote it: what one instance has
/// recorded, no other one overwrites. A list is text, one block a line, in the order of the bytes.</remarks>
internal static class BlockFiles
{
    /// <summary>Digits of the offset that begins a block's name, which lets names sort as numbers do.</summary>
    internal const int OffsetDigits = 15;

    /// <summary>Largest datafile: what offsets can count.</summary>
    internal const long BytesMax = 999_999_999_999_999;

    private const int IdBytes = 16;
    private const int TokenBytes = 8;

    /// <summary>An id that no datafile or upload ever had.</summary>
    internal static string NewId() => RandomNumberGenerator.GetHexString(IdBytes * 2, lowercase: true);

    /// <summary>Whether a name is one that <see cref="NewId"/> may have given.</summary>
    internal static bool IsId(string name) => name.Length == IdBytes * 2 && name.All(char.IsAsciiHexDigitLower);

    /// <summary>A token that no other writer has.</summary>
    internal static string NewToken() => RandomNumberGenerator.GetHexString(TokenBytes * 2, lowercase: true);

    /// <summary>Folder of all that belongs to an id.</summary>
    internal static string Folder(string id) => $"data/{id}";

    /// <summary>Path of a block or list.</summary>
    internal static string Path(string id, string name) => $"{Folder(id)}/{name}";

    /// <summary>Name of a block.</summary>
    internal static string Block(long offset, string token) => string.Create(CultureInfo.InvariantCulture, $"{offset:D15}-{token}");

    /// <summary>Name of a list.</summary>
    internal static string Index(string token) => $"index-{token}";

    /// <summary>Where the bytes of a block begin in the datafile; -1 if the name is none of a block.</summary>
    internal static long Offset(string block) =>
        block.Length > OffsetDigits && VolumePath.IsName(block)
        && long.TryParse(block.AsSpan(0, OffsetDigits), NumberStyles.None, CultureInfo.InvariantCulture, out long offset) ? offset : -1;

    /// <summary>Publishes a list of blocks.</summary>
    internal static void WriteIndex(IVolume volume, string id, string index, IEnumerable<string> blocks)
    {
        using VolumeWriter writer = volume.Create(Path(id, index));
        writer.Write(Encoding.ASCII.GetBytes(string.Concat(blocks.Select(block => block + "\n"))));
        writer.Publish();
    }

    /// <summary>Opens a datafile by its list.</summary>
    /// <param name="volume">Where it is.</param>
    /// <param name="id">Its folder.</param>
    /// <param name="index">Its list.</param>
    /// <param name="bytes">The size it must have.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="PermanentFault">It is gone, or damaged.</exception>
    internal static VolumeReader Open(IVolume volume, string id, string index, long bytes, string name)
    {
        try
        {
            using VolumeReader reader = volume.Open(Path(id, index));
            byte[] text = new byte[checked((int)reader.Length)];
            int read = reader.Read(0, text);
            Invariant.Holds(read == text.Length, "a published file has the length it says");
            return new JoinedBlocks(volume, id, Encoding.ASCII.GetString(text).Split('\n', StringSplitOptions.RemoveEmptyEntries), bytes, name);
        }
        catch (FileNotFoundException missing)
        {
            throw JoinedBlocks.Gone(name, missing);
        }
    }
}
