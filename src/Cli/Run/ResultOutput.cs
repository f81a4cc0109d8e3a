using System.Security.Cryptography;
using Katanemimena.Cli.Display;
using Katanemimena.Cli.Options;
using Katanemimena.Cli.Output;
using Katanemimena.Core;
using Katanemimena.DataPath;
using Katanemimena.Orchestration;

namespace Katanemimena.Cli.Run;

/// <summary>A result as it was written.</summary>
/// <param name="Path">File in full, or <c>-</c>.</param>
/// <param name="Pairs">Pairs written.</param>
/// <param name="Bytes">Bytes written.</param>
/// <param name="Sha256">Of the bytes, lower-case hexadecimal; null when it was not asked for.</param>
internal sealed record WrittenResult(string Path, long Pairs, long Bytes, string? Sha256);

/// <summary>Where the result goes; opened before the job runs, so that a job never runs for nothing.</summary>
internal sealed class ResultOutput : IDisposable
{
    private readonly ResultOptions _options;

    private ResultOutput(ResultOptions options, OutputFile file) => (_options, File) = (options, file);

    /// <summary>The file, or standard output.</summary>
    public OutputFile File { get; }

    /// <summary>Opens it.</summary>
    /// <exception cref="CommandError">It exists already, or cannot be written.</exception>
    public static ResultOutput Open(ResultOptions options) => new(options, OutputFile.Open("--output", options.Output, options.Force));

    /// <summary>Writes the result of a completed job and puts it in its place.</summary>
    /// <param name="manifest">Of the job.</param>
    /// <param name="volume">Where its parts are.</param>
    /// <param name="memoryBytes">Data budget.</param>
    /// <param name="hash">Whether to compute the SHA-256.</param>
    /// <param name="cancellation">Leaves nothing in the output's place.</param>
    /// <exception cref="CommandError">The disk is full, the format cannot hold the result, or the pipe was closed.</exception>
    public WrittenResult Write(JobManifest manifest, IVolume volume, long memoryBytes, bool hash, CancellationToken cancellation)
    {
        try
        {
            using var counted = new CountedStream(File.Stream, hash);
            long pairs = ResultReader.Write(
                new ResultRequest
                {
                    Parts = [.. manifest.Parts.Select((part, index) => Reference(manifest.Job, part, index))],
                    Values = manifest.Values,
                    Format = _options.Format,
                    Ordered = _options.Ordered,
                    MemoryBytes = memoryBytes,
                    Volume = volume,
                    ScratchFolder = JobFiles.ResultScratch(Id(manifest.Job)),
                },
                counted,
                cancellation);
            string? sha256 = counted.Finish();
            File.Publish();
            return new(File.Path, pairs, counted.Bytes, sha256);
        }
        catch (IOException error) when (File.IsStandardOutput && DiskErrors.IsClosedPipe(error))
        {
            throw new CommandError(ExitCode.ClosedPipe, "", error);
        }
        catch (IOException error)
        {
            string place = File.IsStandardOutput ? "standard output" : $"--output {File.Path}";
            throw CommandError.Environment(
                DiskErrors.IsFull(error) ? $"{place}: the disk is full; free some space or name another place" : $"{place}: {error.Message}", error);
        }
        catch (CorruptDataFault error)
        {
            // The rest of the fault's message is for an engine, which runs the task again; the job is complete, so none does.
            string damage = error.Message.Split("; its task has to run again", 2)[0];
            throw CommandError.Environment(
                $"{damage}; a completed job does not run its tasks again: run the job anew from its data (mrctl rm {manifest.Job} frees the space of this one)", error);
        }
        catch (PermanentFault error) when (!error.OfMachine && !DiskErrors.IsFull(error))
        {
            throw new CommandError(ExitCode.JobFailed, error.Message, error);
        }
    }

    /// <summary>Closes it; a file not published is removed.</summary>
    public void Dispose() => File.Dispose();

    private static JobId Id(string job)
    {
        Invariant.Holds(JobId.TryParse(job, out JobId id));
        return id;
    }

    private static RunReference Reference(string job, ManifestPart part, int index) =>
        new(new AttemptId(new TaskId(Id(job), TaskStage.Reduce, index), part.Attempt), part.Path);

    private sealed class CountedStream(Stream output, bool hash) : WriteOnlyStream
    {
        private readonly IncrementalHash? _hash = hash ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;

        public long Bytes { get; private set; }

        public string? Finish() => _hash is null ? null : Convert.ToHexStringLower(_hash.GetHashAndReset());

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            output.Write(buffer);
            _hash?.AppendData(buffer);
            Bytes += buffer.Length;
        }

        protected override void Dispose(bool disposing)
        {
            _hash?.Dispose();
            base.Dispose(disposing);
        }
    }
}
