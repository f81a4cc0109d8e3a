namespace Katanemimena.Wire;

/// <summary>A file of data that jobs may read.</summary>
public sealed record DatafileDocument
{
    /// <summary>Its name: 1 to 200 letters, digits, <c>.</c>, <c>_</c> and <c>-</c>, with <c>/</c> between parts.</summary>
    public required string Name { get; init; }

    /// <summary>Whose it is.</summary>
    public required string Owner { get; init; }

    /// <summary>Its size.</summary>
    public required long Bytes { get; init; }

    /// <summary>CRC-32C of the whole, 8 lower-case hexadecimal digits.</summary>
    public required string Crc32C { get; init; }

    /// <summary>Whether it is gzip, which jobs decompress.</summary>
    public bool Gzip { get; init; }

    /// <summary>When its upload was done.</summary>
    public required DateTimeOffset Uploaded { get; init; }
}

/// <summary>An upload that is not done.</summary>
public sealed record UploadDocument
{
    /// <summary>The datafile's name to be.</summary>
    public required string Name { get; init; }

    /// <summary>Its size to be.</summary>
    public required long Total { get; init; }

    /// <summary>Bytes that are there: the offset of the next block.</summary>
    public required long Received { get; init; }

    /// <summary>When the last block came; after a day without one the upload is dropped.</summary>
    public required DateTimeOffset Touched { get; init; }
}

/// <summary>A page of datafiles.</summary>
/// <param name="Datafiles">By name.</param>
/// <param name="Next">To be sent as <c>after</c> for the next page; null on the last.</param>
public sealed record DatafilesDocument(IReadOnlyList<DatafileDocument> Datafiles, string? Next = null);
