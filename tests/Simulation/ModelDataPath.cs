using System.Globalization;
using System.Text;
using Katanemimena.Core;
using Katanemimena.DataPath;

namespace Katanemimena.Tests.Simulation;

/// <summary>How a simulation runs attempts and reads results.</summary>
internal abstract class SimDataPath
{
    public abstract MapOutcome Map(MapRequest request);

    public abstract ReduceOutcome Reduce(ReduceRequest request);

    /// <summary>Words and counts of a completed job.</summary>
    public abstract SortedDictionary<string, long> Result(JobManifest manifest, IVolume volume);
}

/// <summary>A word count in a few lines that keeps the contracts of the data path: files published whole, runs verified on reading.</summary>
internal sealed class ModelDataPath : SimDataPath
{
    public override MapOutcome Map(MapRequest request)
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (string word in Lines(request).SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
        {
            counts[word] = counts.GetValueOrDefault(word) + 1;
        }

        long[] sizes = new long[request.Partitions];
        var run = new StringBuilder();
        foreach ((string word, long count) in counts)
        {
            int partition = (int)(Hash(Encoding.ASCII.GetBytes(word)) % (uint)request.Partitions);
            string line = string.Create(CultureInfo.InvariantCulture, $"{partition}\t{word}\t{count}\n");
            sizes[partition] += line.Length;
            run.Append(line);
        }

        long bytes = Publish(request.Volume, request.RunPath, run.ToString());
        return new MapOutcome(sizes, "00000000", new TaskStatistics { RecordsOut = counts.Count, BytesOut = bytes });
    }

    public override ReduceOutcome Reduce(ReduceRequest request)
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (RunReference run in request.Runs)
        {
            foreach (string[] fields in Verified(request.Volume, run).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')))
            {
                if (request.Partitions.Contains(int.Parse(fields[0], CultureInfo.InvariantCulture)))
                {
                    counts[fields[1]] = counts.GetValueOrDefault(fields[1]) + long.Parse(fields[2], CultureInfo.InvariantCulture);
                }
            }
        }

        string part = string.Concat(counts.Select(count => string.Create(CultureInfo.InvariantCulture, $"{count.Key}\t{count.Value}\n")));
        return new ReduceOutcome(Publish(request.Volume, request.PartPath, part), "00000000", new TaskStatistics { Groups = counts.Count });
    }

    public override SortedDictionary<string, long> Result(JobManifest manifest, IVolume volume)
    {
        var result = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (ManifestPart part in manifest.Parts)
        {
            foreach (string[] fields in Verified(volume, new RunReference(default, part.Path)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')))
            {
                result.Add(fields[0], long.Parse(fields[1], CultureInfo.InvariantCulture));
            }
        }

        return result;
    }

    private static IEnumerable<string> Lines(MapRequest request)
    {
        byte[] all = new byte[request.Input.Bytes];
        using VolumeReader reader = request.Data.Open(request.Input);
        reader.Read(0, all);
        for (int start = 0; start < all.Length;)
        {
            int end = Array.IndexOf(all, (byte)'\n', start);
            end = end < 0 ? all.Length : end;
            if (start >= request.Chunk.Start && start < request.Chunk.End)
            {
                yield return Encoding.ASCII.GetString(all, start, end - start);
            }

            start = end + 1;
        }
    }

    private static long Publish(IVolume volume, string path, string text)
    {
        byte[] content = Encoding.ASCII.GetBytes(text);
        using VolumeWriter writer = volume.Create(path);
        writer.Write(BitConverter.GetBytes(Hash(content)));
        writer.Write(content);
        writer.Publish();
        return content.Length + sizeof(uint);
    }

    private static string Verified(IVolume volume, RunReference run)
    {
        byte[] file;
        try
        {
            using VolumeReader reader = volume.Open(run.Path);
            file = new byte[reader.Length];
            reader.Read(0, file);
        }
        catch (FileNotFoundException e)
        {
            throw new CorruptDataFault(run.Producer, $"{run.Path} is missing", e);
        }

        if (file.Length < sizeof(uint) || BitConverter.ToUInt32(file) != Hash(file.AsSpan(sizeof(uint))))
        {
            throw new CorruptDataFault(run.Producer, $"{run.Path} is damaged");
        }

        return Encoding.ASCII.GetString(file, sizeof(uint), file.Length - sizeof(uint));
    }

    /// <summary>FNV-1a, 32 bits.</summary>
    private static uint Hash(ReadOnlySpan<byte> bytes)
    {
        uint hash = 2166136261;
        foreach (byte b in bytes)
        {
            hash = (hash ^ b) * 16777619;
        }

        return hash;
    }
}
