using Katanemimena.Core;

namespace Katanemimena.Service;

/// <summary>A datafile: bytes that never change. Replacing it makes another one of the same name.</summary>
public sealed record Datafile
{
    internal Datafile(string owner, string name, StoredFile stored) => (Owner, Name, Stored) = (owner, name, stored);

    /// <summary>Whose it is.</summary>
    public string Owner { get; }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Differs from that of every other datafile, also of an earlier one of the same name; letters and digits.</summary>
    public string Id => Stored.Id;

    /// <summary>Its size.</summary>
    public long Bytes => Stored.Bytes;

    /// <summary>CRC-32C of the whole.</summary>
    public uint Crc32C => Stored.Crc32C;

    /// <summary>Whether its first two bytes are those of gzip.</summary>
    public bool Gzip => Stored.Gzip;

    /// <summary>When its upload was done.</summary>
    public DateTimeOffset Uploaded => Stored.Uploaded;

    internal StoredFile Stored { get; }

    /// <summary>As an input of a job, with all that is needed to find its blocks.</summary>
    public InputFile ToInput() => new(Name, Bytes, Gzip) { Source = DatafileSource.Of(Stored) };
}

/// <summary>An upload that is not done.</summary>
/// <param name="Name">The datafile's name to be.</param>
/// <param name="Total">Its size to be.</param>
/// <param name="Received">Bytes that are there: the offset of the next block.</param>
/// <param name="Touched">When the last block came.</param>
public sealed record DatafileUpload(string Name, long Total, long Received, DateTimeOffset Touched);

/// <summary>A page of a list of datafiles.</summary>
/// <param name="Files">By name, in ordinal order.</param>
/// <param name="Next">Where the next page goes on after; null if there is none.</param>
public sealed record DatafilePage(IReadOnlyList<Datafile> Files, string? Next);
