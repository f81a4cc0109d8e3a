using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Katanemimena.Tests.Infra.Pods;

/// <summary>Asks containerd how it runs a container when it is told nothing: its seccomp profile, and what of /proc it hides.</summary>
internal static class Containerd
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>An OCI runtime specification with the profile that Kubernetes calls RuntimeDefault.</summary>
    internal static JsonNode DefaultSpecification(string scratch)
    {
        string folder = Directory.CreateDirectory(Path.Join(scratch, "containerd")).FullName;
        string socket = Path.Join(folder, "socket");
        File.WriteAllText(Path.Join(folder, "config.toml"), "version = 2\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n");
        using Process daemon = Process.Start(new ProcessStartInfo(
            "containerd", ["--config", Path.Join(folder, "config.toml"), "--root", Path.Join(folder, "root"), "--state", Path.Join(folder, "state"), "--address", socket, "--log-level", "error"]))!;
        try
        {
            long start = Stopwatch.GetTimestamp();
            while (Command.Run("ctr", ["--address", socket, "version"]).Code != 0)
            {
                Assert(Stopwatch.GetElapsedTime(start) < s_limit && !daemon.HasExited, "containerd does not answer");
            }

            Command.Must("ctr", ["--address", socket, "containers", "create", "--rootfs", "--seccomp", folder, "probe"]);
            return JsonNode.Parse(Command.Must("ctr", ["--address", socket, "containers", "info", "probe"]))!["Spec"]!;
        }
        finally
        {
            daemon.Kill();
            daemon.WaitForExit();
        }
    }

    private static void Assert(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new TimeoutException(otherwise);
        }
    }
}
