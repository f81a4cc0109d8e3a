using System.Globalization;
using System.Runtime.CompilerServices;
using Katanemimena.Wire;

namespace Katanemimena.Client;

/// <summary>Files of data that jobs read.</summary>
public sealed class Datafiles
{
    private readonly Transport _transport;

    internal Datafiles(Transport transport) => _transport = transport;

    /// <summary>All datafiles, by name.</summary>
    /// <param name="prefix">Only those whose names begin so, or null.</param>
    /// <param name="owner">Another user's, for admins; null for one's own.</param>
    /// <param name="cancellation">Gives up.</param>
    public async IAsyncEnumerable<DatafileDocument> ListAsync(string? prefix, string? owner, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? after = null;
        do
        {
            DatafilesDocument page = await PageAsync(prefix, owner, after, 1000, cancellation);
            foreach (DatafileDocument datafile in page.Datafiles)
            {
                yield return datafile;
            }

            after = page.Next == after ? null : page.Next;
        }
        while (after is not null);
    }

    /// <summary>One datafile, or null if there is none of the name.</summary>
    public async Task<DatafileDocument?> FindAsync(string name, CancellationToken cancellation)
    {
        // In the order of names, nothing that begins with the name comes before it.
        DatafilesDocument page = await PageAsync(name, null, null, 1, cancellation);
        return page.Datafiles.FirstOrDefault(datafile => datafile.Name == name);
    }

    /// <summary>Uploads a file: a large one in blocks, going on where an earlier upload of it was interrupted.</summary>
    /// <param name="path">The file; it must not change while it is sent.</param>
    /// <param name="name">The datafile's name.</param>
    /// <param name="replace">Whether one that exists is replaced.</param>
    /// <param name="progress">Told of the bytes that the server has, or null.</param>
    /// <param name="cancellation">Leaves what has been sent, to go on later.</param>
    /// <exception cref="TransferFault">The file changed meanwhile.</exception>
    /// <exception cref="UploadConflict">An upload of a file of another size to that name is under way; it is left as it is.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public async Task<DatafileDocument> UploadAsync(string path, string name, bool replace, Action<TransferProgress>? progress, CancellationToken cancellation)
    {
        using var file = new UploadFile(path);
        return await new FileUpload(_transport, this, file, name, replace, progress).RunAsync(cancellation);
    }

    /// <summary>Writes a datafile to a file: to <c>FILE.partial</c> first, where an interrupted download goes on; then renamed. Its checksum is verified.</summary>
    /// <returns>Its size.</returns>
    public async Task<long> DownloadAsync(string name, string path, Action<TransferProgress>? progress, CancellationToken cancellation)
    {
        DatafileDocument? datafile = await FindAsync(name, cancellation);
        return await FileDownload.RunAsync(_transport, Of(name), path, datafile?.Crc32C, progress, cancellation);
    }

    /// <summary>Writes a datafile to a stream; goes on where an answer was cut.</summary>
    /// <returns>Its size.</returns>
    public Task<long> CopyAsync(string name, Stream output, Action<TransferProgress>? progress, CancellationToken cancellation) =>
        new RangeCopy(_transport, Of(name), new StreamTarget(output), progress).RunAsync(cancellation);

    /// <summary>Deletes a datafile.</summary>
    public Task RemoveAsync(string name, CancellationToken cancellation) => _transport.TellAsync(HttpMethod.Delete, Of(name), cancellation);

    /// <summary>Drops an upload that is not done.</summary>
    public Task DropUploadAsync(string name, CancellationToken cancellation) => _transport.TellAsync(HttpMethod.Delete, Of(name) + "?upload", cancellation);

    /// <summary>Where a datafile is.</summary>
    internal static string Of(string name) => Documents.Below("datafiles", name);

    private Task<DatafilesDocument> PageAsync(string? prefix, string? owner, string? after, int limit, CancellationToken cancellation) => _transport.GetAsync(
        Documents.Path("datafiles", ("prefix", prefix), ("owner", owner), ("after", after), ("limit", limit.ToString(CultureInfo.InvariantCulture))),
        WireJson.Default.DatafilesDocument,
        cancellation);
}
