using System.Globalization;
using Xunit;

namespace Katanemimena.Tests.Infra.Pods;

/// <summary>What the kernel says of a pod's first process.</summary>
internal static class Confined
{
    private const string Version1 = "/sys/fs/cgroup/memory";

    /// <summary>Checks that it is the manifest's user, without capabilities, under seccomp, on a read-only root, with the manifest's memory.</summary>
    internal static void Check(Pod pod)
    {
        int process = pod.Container.FirstProcess;
        var status = File.ReadLines($"/proc/{process}/status").Select(line => line.Split(':', 2)).ToDictionary(parts => parts[0], parts => parts[1].Trim());
        Assert.Equal("10001 10001 10001 10001", status["Uid"].Replace('\t', ' '));
        Assert.Equal("10001 10001 10001 10001", status["Gid"].Replace('\t', ' '));
        foreach (string set in new[] { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb" })
        {
            Assert.Equal("0000000000000000", status[set]);
        }

        Assert.Equal("1", status["NoNewPrivs"]);
        Assert.Equal("2", status["Seccomp"]); // a filter
        string root = File.ReadLines($"/proc/{process}/mountinfo").Last(line => line.Split(' ')[4] == "/");
        Assert.Contains("ro", root.Split(' ')[5].Split(','));
        string group = File.ReadLines($"/proc/{process}/cgroup").Select(line => line.Split(':', 3)).First(parts => parts[1] is "memory" or "").ElementAt(2);
        string limit = Directory.Exists(Version1) ? $"{Version1}{group}/memory.limit_in_bytes" : $"/sys/fs/cgroup{group}/memory.max";
        Assert.Equal(Quantity.Of(pod.Manifest.Text("resources/limits/memory")!), double.Parse(File.ReadAllText(limit), CultureInfo.InvariantCulture));
    }
}
