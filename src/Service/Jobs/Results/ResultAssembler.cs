using System.Threading.Channels;
using Katanemimena.Core;
using Katanemimena.DataPath;
using Katanemimena.Orchestration;

namespace Katanemimena.Service;

/// <summary>Puts results together on threads of its own, which nobody's going away stops.</summary>
internal sealed class ResultAssembler
{
    private const int TogetherMax = 2;
    private const long MemoryBytes = 64L << 20;

    private readonly Lock _gate = new();
    private readonly Dictionary<(JobId Job, ResultFormat Format), Task> _assemblies = [];
    private readonly Dictionary<JobId, Task> _lastOf = [];
    private readonly Channel<int> _places = Channel.CreateUnbounded<int>();
    private readonly JobParts _parts;
    private readonly JobReader _reader;
    private readonly JobKeeping _keeping;
    private readonly TokenMint _mint;

    public ResultAssembler(JobParts parts, JobReader reader)
    {
        (_parts, _reader, _keeping, _mint) = (parts, reader, new JobKeeping(parts.Store), new TokenMint(parts.ProcessName));
        for (int place = 0; place < TogetherMax; place++)
        {
            _places.Writer.TryWrite(place);
        }
    }

    /// <summary>Begins to put a result together, or joins who does. One that went wrong is there until it is forgotten, so that somebody is told.</summary>
    public Task Begin(FoundJob job, ResultFormat format, string name, JobManifest manifest)
    {
        lock (_gate)
        {
            if (!_assemblies.TryGetValue((job.Id, format), out Task? assembly))
            {
                Task before = _lastOf.GetValueOrDefault(job.Id, Task.CompletedTask);
                _assemblies[(job.Id, format)] = _lastOf[job.Id] = assembly = AssembleAsync(job, format, name, manifest, before);
                _ = EndAsync(job.Id, format, assembly);
            }

            return assembly;
        }
    }

    /// <summary>Forgets one that has ended, so that the next who asks begins anew.</summary>
    public void Forget(JobId job, ResultFormat format)
    {
        lock (_gate)
        {
            if (_assemblies.TryGetValue((job, format), out Task? assembly) && assembly.IsCompleted)
            {
                _assemblies.Remove((job, format));
            }
        }
    }

    private async Task EndAsync(JobId job, ResultFormat format, Task assembly)
    {
        await assembly.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            if (_lastOf.TryGetValue(job, out Task? last) && last == assembly)
            {
                _lastOf.Remove(job);
            }

            if (assembly.IsCompletedSuccessfully)
            {
                _assemblies.Remove((job, format));
            }
        }
    }

    private async Task AssembleAsync(FoundJob job, ResultFormat format, string name, JobManifest manifest, Task before)
    {
        await Task.Yield();
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        int place = await _places.Reader.ReadAsync(_parts.Stop);
        try
        {
            await WriteAsync(job, format, name, manifest);
        }
        finally
        {
            _places.Writer.TryWrite(place);
        }

        if (await _reader.ReadAsync(job.Id, _parts.Stop) is null)
        {
            // It was deleted meanwhile, and the file came after.
            _parts.Volume.Delete(JobFiles.Folder(job.Id));
        }
    }

    /// <summary>Writes the file, counts it, and only then publishes it.</summary>
    private async Task WriteAsync(FoundJob job, ResultFormat format, string name, JobManifest manifest)
    {
        string path = JobFiles.Result(job.Id, name);
        if (_parts.Volume.Exists(path))
        {
            return;
        }

        using VolumeWriter writer = _parts.Volume.Create(path);
        await Task.Factory.StartNew(
            () => Write(job.Id, format, writer, manifest), _parts.Stop, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        if (await _keeping.CountAsync(job.Id, job.Spec, name, writer.Length, _parts.Stop))
        {
            writer.Publish();
        }
    }

    private void Write(JobId job, ResultFormat format, VolumeWriter writer, JobManifest manifest)
    {
        using var output = new VolumeStream(writer);
        ResultReader.Write(
            new ResultRequest
            {
                Parts = [.. manifest.Parts.Select((part, index) => new RunReference(new AttemptId(new TaskId(job, TaskStage.Reduce, index), part.Attempt), part.Path))],
                Values = manifest.Values,
                Format = format,
                MemoryBytes = MemoryBytes,
                Volume = _parts.Volume,
                ScratchFolder = JobFiles.ResultScratch(job, _mint.Next()),
            },
            output,
            _parts.Stop);
    }
}
