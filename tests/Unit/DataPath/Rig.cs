using Katanemimena.Adapters.InMemory;
using Katanemimena.Core;
using Katanemimena.DataPath;

namespace Katanemimena.Tests.Unit.DataPath;

/// <summary>A volume, a pool and an attempt, and short ways to say what tests do with them.</summary>
internal sealed class Rig
{
    public InMemoryVolume Volume { get; } = new();

    public NativePool Pool { get; } = new(0);

    public AttemptContext Attempt { get; init; } = new() { Id = Id("m0") };

    public static AttemptId Id(string token) => new(new TaskId(new JobId("test", 1), TaskStage.Map, 0), token);

    public BufferOptions Options(int partitions = 3, long memory = 1 << 20) => new()
    {
        Attempt = Attempt,
        Partitions = partitions,
        MemoryBytes = memory,
        RecordBytesMax = 64 << 20,
        Volume = Volume,
        ScratchFolder = "scratch",
        Pool = Pool,
    };

    public static RunSummary Write(BufferOptions options, IEnumerable<Pair> pairs, string path)
    {
        using var buffer = new MapOutputBuffer(options);
        foreach (Pair pair in pairs)
        {
            buffer.Add(pair.Key, pair.Value);
        }

        return buffer.Finish(path);
    }

    public static RunReference Reference(string path) => new(Id(path), path);

    public ReduceRequest Reduce(Code code, IEnumerable<string> runs, IReadOnlyList<int> partitions, long memory = 4 << 20) => new()
    {
        Attempt = new AttemptContext { Id = Id("r0"), MemoryBytes = memory, Cancellation = Attempt.Cancellation },
        Partitions = partitions,
        Runs = [.. runs.Select(Reference)],
        PartPath = "part",
        ScratchFolder = "scratch",
        Code = code,
        Volume = Volume,
        RecordBytesMax = 1 << 20,
    };

    public List<Group> Read(IEnumerable<string> paths, IReadOnlyList<int>? partitions = null, long memory = 1 << 20, int? factor = null)
    {
        var plan = new MergePlan(Volume, memory, 64 << 20, "scratch", Pool) { FactorMax = factor ?? MergePlan.FactorFor(memory) };
        using PartMerger merger = plan.Open([.. paths.Select(Reference)], partitions, CancellationToken.None);
        return Drain(merger);
    }

    public static List<Group> Drain(IGroupSource source)
    {
        var groups = new List<Group>();
        while (source.NextGroup())
        {
            var group = new Group(source.Key.ToArray(), []);
            while (source.NextValue())
            {
                for (long i = 0; i < source.Repeat; i++)
                {
                    group.Values.Add(source.Value.ToArray());
                }
            }

            groups.Add(group);
        }

        return groups;
    }

    /// <summary>What a merge of these pairs has to give: keys by their bytes, values as they came.</summary>
    public static List<Group> Expected(IEnumerable<Pair> pairs) =>
        [.. pairs.GroupBy(p => Convert.ToHexString(p.Key), StringComparer.Ordinal)
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new Group(Convert.FromHexString(g.Key), [.. g.Select(p => p.Value)]))];

    public static string Show(IEnumerable<Group> groups) =>
        string.Join('\n', groups.Select(g => $"{Convert.ToHexString(g.Key)}: {string.Join(' ', g.Values.Select(Convert.ToHexString))}"));
}

internal sealed record Pair(byte[] Key, byte[] Value)
{
    public static Pair Of(string key, string value) => new(System.Text.Encoding.UTF8.GetBytes(key), System.Text.Encoding.UTF8.GetBytes(value));
}

internal sealed record Group(byte[] Key, List<byte[]> Values);

/// <summary>Random pairs that like to collide: few alphabets, shared prefixes, zero bytes, repeats.</summary>
internal static class Pairs
{
    public static List<Pair> Random(int seed, int count, int keyBytesMax = 24, int valueBytesMax = 12)
    {
        var random = new Random(seed);
        int alphabet = 1 + random.Next(4);
        byte[] prefix = new byte[random.Next(20)];
        random.NextBytes(prefix);
        var pairs = new List<Pair>(count);
        for (int i = 0; i < count; i++)
        {
            if (i > 0 && random.Next(4) == 0)
            {
                pairs.Add(pairs[random.Next(8) == 0 ? random.Next(i) : i - 1]);
                continue;
            }

            byte[] key = new byte[random.Next(keyBytesMax + 1)];
            for (int k = 0; k < key.Length; k++)
            {
                key[k] = (byte)(random.Next(alphabet + 1) * 63);
            }

            byte[] value = new byte[random.Next(valueBytesMax + 1)];
            random.NextBytes(value);
            pairs.Add(new Pair(random.Next(8) == 0 ? key : [.. prefix, .. key], value));
        }

        return pairs;
    }
}
