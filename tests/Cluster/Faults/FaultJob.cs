using System.Globalization;
using System.Text;
using Katanemimena.Core;
using Katanemimena.Tests.Cluster.Running;

namespace Katanemimena.Tests.Cluster.Faults;

/// <summary>A job that takes a few seconds over many small tasks, so that a fault meets it in any state; and what it must give.</summary>
internal static class FaultJob
{
    private const int Lines = 120;
    private const int Keys = 11;

    /// <summary>Submits it under a name of its own.</summary>
    public static async Task<JobId> SubmitAsync(ClusterServices cluster, string name)
    {
        string data = cluster.Write($"{name}.txt", string.Concat(Enumerable.Range(0, Lines).Select(line => $"{line % Keys} {new string('x', 200)}\n")));
        string code = cluster.Write($"{name}.py", """
            import time
            def map(key, line):
                time.sleep(0.02)
                yield line.split(' ')[0], 1
            def reduce(key, values):
                time.sleep(0.02)
                yield sum(values)
            """);
        return await cluster.SubmitAsync([data], code, code, options: new JobOptions { ChunkBytes = 1024, Reducers = 4, Workers = 4 });
    }

    /// <summary>Its result.</summary>
    public static byte[] Expected { get; } = Encoding.UTF8.GetBytes(string.Concat(
        Enumerable.Range(0, Lines).GroupBy(line => (line % Keys).ToString(CultureInfo.InvariantCulture)).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => $"{group.Key}\t{group.Count()}\n")));
}
