using System.Globalization;
using System.Net;
using Katanemimena.Wire;

namespace Katanemimena.Client;

/// <summary>One upload. The server says how far it is; this only ever sends what comes next.</summary>
/// <param name="transport">To the server.</param>
/// <param name="datafiles">To look for what is there.</param>
/// <param name="file">What is sent.</param>
/// <param name="name">The datafile's name.</param>
/// <param name="replace">Whether one that exists is replaced.</param>
/// <param name="progress">Told of the bytes that the server has.</param>
internal sealed class FileUpload(Transport transport, Datafiles datafiles, UploadFile file, string name, bool replace, Action<TransferProgress>? progress)
{
    /// <summary>How often the server may send it back to another place, or refuse a block's checksum, without a block going through in between.</summary>
    private const int SetbacksMax = 5;

    private bool _resumed;
    private int _setbacks;

    /// <summary>Sends what is missing.</summary>
    /// <exception cref="TransferFault">The file changed meanwhile.</exception>
    /// <exception cref="UploadConflict">An upload of another file to that name is under way; where that was seen only at the end, and the name is to be replaced, it was dropped instead.</exception>
    public async Task<DatafileDocument> RunAsync(CancellationToken cancellation)
    {
        if (file.Length > transport.Options.BlockBytes)
        {
            await ResumeAsync(cancellation);
        }

        byte[] block = new byte[(int)Math.Min(file.Length, transport.Options.BlockBytes)];
        while (true)
        {
            progress?.Invoke(new TransferProgress(file.Position, file.Length));
            Memory<byte> next = block.AsMemory(0, (int)Math.Min(block.Length, file.Length - file.Position));
            long offset = file.Position;
            await file.ReadAsync(next, cancellation);
            file.RequireUnchanged();
            try
            {
                if (await SendAsync(offset, next, cancellation) is { } done)
                {
                    progress?.Invoke(new TransferProgress(file.Length, file.Length));
                    return done;
                }

                _setbacks = 0;
            }
            catch (ServiceProblem problem)
            {
                if (await IsDoneAsync(problem, cancellation) is { } done)
                {
                    return done;
                }

                await SetBackAsync(problem, offset, cancellation);
            }
        }
    }

    private bool IsLast => file.Position == file.Length;

    /// <summary>Takes up an upload that was interrupted. One of another size is of another file. Whether the bytes are the same is seen at the end, by the checksum of the whole.</summary>
    private async Task ResumeAsync(CancellationToken cancellation)
    {
        if (await FindUploadAsync(cancellation) is not { } upload)
        {
            return;
        }

        if (upload.Total != file.Length || upload.Received < 0 || upload.Received >= file.Length)
        {
            throw new UploadConflict(upload);
        }

        _resumed = upload.Received > 0;
        await file.MoveAsync(upload.Received, cancellation);
    }

    /// <summary>The upload to the name that is under way; null if there is none.</summary>
    private async Task<UploadDocument?> FindUploadAsync(CancellationToken cancellation)
    {
        try
        {
            return await transport.GetAsync(Datafiles.Of(name) + "?upload", WireJson.Default.UploadDocument, cancellation);
        }
        catch (ServiceProblem problem) when (problem.Code == ProblemCodes.NotFound)
        {
            return null;
        }
    }

    /// <returns>The datafile, if that was the last block.</returns>
    private async Task<DatafileDocument?> SendAsync(long offset, ReadOnlyMemory<byte> block, CancellationToken cancellation)
    {
        string checksum = Crc32C.Of(block.Span).ToString();
        (DatafileDocument? done, long received) = await transport.SendAsync(
            () => Request(offset, block, checksum),
            async (answer, limit) => answer.StatusCode == HttpStatusCode.Accepted
                ? ((DatafileDocument?)null, (await Documents.ReadAsync(answer, WireJson.Default.UploadDocument, limit.Token)).Received)
                : (await Documents.ReadAsync(answer, WireJson.Default.DatafileDocument, limit.Token), file.Length),
            Retries.Patient(transport.Options),
            BlockTime.Of(block.Length),
            cancellation);
        if (done is null && received != file.Position)
        {
            Count("the server is elsewhere in the upload than it was told");
            await file.MoveAsync(Math.Clamp(received, 0, file.Length), cancellation);
        }

        return done;
    }

    private HttpRequestMessage Request(long offset, ReadOnlyMemory<byte> block, string checksum)
    {
        bool whole = offset == 0 && IsLast;
        string path = Documents.Path(
            Datafiles.Of(name), ("offset", whole ? null : Number(offset)), ("total", whole ? null : Number(file.Length)), ("replace", replace ? "true" : null));
        var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = new ReadOnlyMemoryContent(block) };
        request.Headers.Add("X-Crc32c", checksum);
        if (IsLast)
        {
            request.Headers.Add("X-File-Crc32c", file.Checksum);
        }

        return request;
    }

    /// <summary>The answer to the last block may be lost, and the block comes to a server that has put the file in its place already.</summary>
    private async Task<DatafileDocument?> IsDoneAsync(ServiceProblem problem, CancellationToken cancellation)
    {
        if (!IsLast || problem.Code is not (ProblemCodes.Exists or ProblemCodes.WrongOffset))
        {
            return null;
        }

        DatafileDocument? there = await datafiles.FindAsync(name, cancellation);
        return there?.Bytes == file.Length && there.Crc32C == file.Checksum ? there : null;
    }

    /// <summary>Goes back to where the server wants to go on, or throws the problem.</summary>
    private async Task SetBackAsync(ServiceProblem problem, long offset, CancellationToken cancellation)
    {
        switch (problem)
        {
            case { Code: ProblemCodes.WrongOffset, Received: { } received } when received >= 0 && received < file.Length:
                Count(problem.Detail);
                _resumed |= received > 0;
                await file.MoveAsync(received, cancellation);
                break;
            case { Code: ProblemCodes.WrongChecksum, Field: "X-File-Crc32c" } when _resumed && IsLast:
                // The bytes that were there are not those of this file: they are another upload's, which may go on yet.
                if (!replace && await FindUploadAsync(cancellation) is { } other)
                {
                    throw new UploadConflict(other);
                }

                _resumed = false;
                transport.Options.OnRetry?.Invoke(new RetryNotice($"what the server had of {name} is of another file of the same size, so the upload begins anew", 1, TimeSpan.Zero));
                await datafiles.DropUploadAsync(name, cancellation);
                await file.MoveAsync(0, cancellation);
                break;
            case { Code: ProblemCodes.WrongChecksum, Field: not "X-File-Crc32c" }:
                Count(problem.Detail);
                await file.MoveAsync(offset, cancellation);
                break;
            default:
                throw problem;
        }
    }

    private void Count(string reason)
    {
        if (++_setbacks > SetbacksMax)
        {
            throw new TransferFault($"{name}: the upload makes no progress: {reason}; is another process sending it too?");
        }
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
