using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Katanemimena.Tests.Infra.Pods;

/// <summary>What a container is made from.</summary>
/// <param name="Root">Its root folder; mount points are made in it.</param>
/// <param name="Mounts">What stands read-only in it beside that, by path in the container.</param>
/// <param name="Environment">Lines <c>NAME=VALUE</c>.</param>
/// <param name="Entrypoint">What starts where a manifest has no command.</param>
/// <param name="Folder">Where it starts.</param>
internal sealed record Image(string Root, IReadOnlyDictionary<string, string> Mounts, IReadOnlyList<string> Environment, IReadOnlyList<string> Entrypoint, string Folder);

/// <summary>The images that manifests name: those of infra/docker/Dockerfile, built, or else made of this machine's system and the apps as built for the tests.</summary>
/// <remarks><c>KATANEMIMENA_IMAGES</c> is the folder that <c>eng/pods.sh</c> puts built images into: of each its root and its configuration. The ones without
/// the Functions runtime stand for those that have it. Azurite's image is somebody else's, and so always this machine's.</remarks>
internal sealed partial class Images(string scratch)
{
    private const string Path_ = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private static readonly string? s_built = System.Environment.GetEnvironmentVariable("KATANEMIMENA_IMAGES");

    private int _count;

    /// <summary>Whether images were built for this run.</summary>
    internal static bool Built => s_built is not null;

    internal Image Of(string name) => name.Split('/', ':') switch
    {
        ["katanemimena", "functions" or "functions-plain", _] => Own("functions-plain", "functions"),
        ["katanemimena", "worker" or "worker-plain", _] => Own("worker-plain", "worker-functions"),
        ["katanemimena", "etcd", _] => Own("etcd", null),
        [.., "azure-storage", "azurite", _] => Azurite(),
        _ => throw new ArgumentException($"there is no image '{name}' here", nameof(name)),
    };

    private Image Own(string target, string? app)
    {
        if (s_built is not null)
        {
            JsonNode image = JsonNode.Parse(File.ReadAllText(Path.Join(s_built, target, "config.json")))!;
            string[] Texts(string path) => [.. image.List(path).Select(text => text.ToString())];
            return new Image(new DirectoryInfo(Path.Join(s_built, target, "root")).ResolveLinkTarget(true)!.FullName, new Dictionary<string, string>(), [Path_, .. Texts("OCIv1/config/Env")], Texts("OCIv1/config/Entrypoint"), image.Text("OCIv1/config/WorkingDir") ?? "/");
        }

        string stage = Repository.Read("infra/docker/Dockerfile").Split("\nFROM ").Single(text => text.Split('\n')[0].EndsWith($" AS {target}", StringComparison.Ordinal));
        Dictionary<string, string> mounts = [];
        if (app is not null)
        {
            mounts["/app"] = Path.Join(Repository.Root, app, "bin/Release/net10.0");
        }

        return Machine(mounts, [.. Variables.Match(stage).Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)]) with
        {
            Entrypoint = [Entry.Match(stage).Groups[1].Value],
            Folder = app is null ? "/" : "/app",
        };
    }

    private Image Azurite() => Machine(
        new Dictionary<string, string> { ["/opt/node_modules"] = Path.Join(Repository.Root, "tests/services/node_modules") }, [$"{Path_}:/opt/node_modules/.bin", "HOME=/tmp"]);

    // The system's own folders, read-only; of /etc what programs need, and no secrets.
    private Image Machine(Dictionary<string, string> mounts, string[] environment)
    {
        string root = Path.Join(scratch, $"root-{Interlocked.Increment(ref _count)}");
        Directory.CreateDirectory(Path.Join(root, "etc"));
        foreach (string name in new[] { "alternatives", "ssl", "passwd", "group", "nsswitch.conf", "ld.so.cache" })
        {
            Command.Must("cp", ["-a", $"/etc/{name}", Path.Join(root, "etc")]);
        }

        foreach (string link in new[] { "bin", "lib", "lib64", "sbin" })
        {
            File.CreateSymbolicLink(Path.Join(root, link), $"usr/{link}");
        }

        mounts["/usr"] = "/usr";
        return new Image(root, mounts, [Path_, .. environment], [], "/");
    }

    [GeneratedRegex("^ENV (.+)$", RegexOptions.Multiline)]
    private static partial Regex Variables { get; }

    [GeneratedRegex("^ENTRYPOINT \\[\"(.+)\"\\]$", RegexOptions.Multiline)]
    private static partial Regex Entry { get; }
}
