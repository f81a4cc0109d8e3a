using System.Security.Cryptography;
using System.Text;
using Katanemimena.Core;
using Katanemimena.DataPath;
using Katanemimena.Orchestration;
using Katanemimena.Wire;

namespace Katanemimena.Service;

/// <summary>A result in one format, ready to be read; to be disposed of.</summary>
/// <param name="Content">Its bytes.</param>
/// <param name="Tag">The same for the same bytes, another for others: 32 hexadecimal digits.</param>
/// <param name="FileName">A name for it: letters, digits, <c>.</c>, <c>_</c> and <c>-</c>.</param>
public sealed record ResultFile(VolumeReader Content, string Tag, string FileName) : IDisposable
{
    /// <summary>Releases the file.</summary>
    public void Dispose() => Content.Dispose();
}

/// <summary>The results of jobs as files: each is put together once in each format, by whoever asks first, and then kept with the job.</summary>
/// <remarks>Which process puts it together does not matter: the bytes are the same. In one process at most one is put together at a time for a job, and two in all,
/// in 64 MiB each; that goes on when the caller has gone.</remarks>
public sealed class ResultFiles
{
    private readonly JobParts _parts;
    private readonly JobReader _reader;
    private readonly ResultAssembler _assembler;

    internal ResultFiles(JobParts parts, JobReader reader)
    {
        (_parts, _reader) = (parts, reader);
        _assembler = new ResultAssembler(parts, reader);
    }

    /// <summary>Names of the formats.</summary>
    public static IReadOnlyList<(string Word, ResultFormat Value)> Formats { get; } =
        [("tsv", ResultFormat.Tsv), ("json", ResultFormat.Json), ("jsonl", ResultFormat.Jsonl)];

    /// <summary>Opens the result of a job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="format">The format.</param>
    /// <param name="cancellation">Stops waiting; the result is put together all the same.</param>
    /// <returns>Null if it is not ready within <see cref="JobParts.ResultWait"/>: ask again.</returns>
    /// <exception cref="JobRefused">The job has no result, or the format cannot hold it.</exception>
    public async ValueTask<ResultFile?> OpenAsync(FoundJob job, ResultFormat format, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(job);
        JobManifest manifest = _reader.Manifest(job.Reading.State) ?? throw NoResult(job);
        string name = Formats.First(known => known.Value == format).Word;
        string path = JobFiles.Result(job.Id, name);
        if (Open(path) is { } ready)
        {
            return File(ready, job, manifest, name);
        }

        Task assembly = _assembler.Begin(job, format, name, manifest);
        try
        {
            await assembly.WaitAsync(_parts.ResultWait, _parts.Time, cancellation);
        }
        catch (TimeoutException)
        {
            return null;
        }
        catch (PermanentFault fault) when (assembly.IsFaulted)
        {
            _assembler.Forget(job.Id, format);
            throw fault.OfMachine ? fault : new JobRefused(ProblemCodes.InvalidRequest, fault.Message) { Field = "format" };
        }
        catch (CorruptDataFault fault) when (assembly.IsFaulted)
        {
            _assembler.Forget(job.Id, format);
            _parts.Report?.Invoke(nameof(ResultFiles), fault);
            throw new JobRefused(ProblemCodes.NoResult, $"the result of job {job.Id} is damaged on the volume; run the job anew from its data");
        }
        catch (Exception) when (assembly.IsFaulted || assembly.IsCanceled)
        {
            _assembler.Forget(job.Id, format);
            throw;
        }

        return File(Open(path) ?? throw JobRefused.NotFound(job.Id.ToString()), job, manifest, name);
    }

    private static ResultFile File(VolumeReader content, FoundJob job, JobManifest manifest, string format) =>
        new(content, Tag(manifest, format), $"{job.Id}.{format}");

    /// <summary>Of what the bytes are made of, so that it is known before them and is the same wherever they are put together.</summary>
    private static string Tag(JobManifest manifest, string format)
    {
        string parts = string.Concat(manifest.Parts.Select(part => $"{part.Crc32C} {part.Bytes}\n"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes($"{manifest.Job}\n{format}\n{manifest.Values}\n{parts}")))[..32];
    }

    private static JobRefused NoResult(FoundJob job) => job.Reading.State.Ended
        ? new JobRefused(ProblemCodes.NoResult, $"job {job.Id} was not completed ({JobDescription.Name(job.Reading.State.Phase)}), so it has no result")
        : new JobRefused(ProblemCodes.JobRunning, $"job {job.Id} has not ended; its result can be had then");

    private VolumeReader? Open(string path)
    {
        try
        {
            return _parts.Volume.Open(path);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
