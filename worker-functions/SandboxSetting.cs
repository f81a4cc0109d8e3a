using Katanemimena.Core;
using Katanemimena.Runners;
using Microsoft.Extensions.Configuration;

namespace Katanemimena.WorkerFunctions;

/// <summary>How user code is run on a worker, which serves jobs of many owners.</summary>
internal static class SandboxSetting
{
    private const string Demand = "SANDBOX";
    private const string Bubblewrap = "SANDBOX_BUBBLEWRAP";
    private const string Reads = "SANDBOX_READS";

    /// <summary>Options of the host of user code, with limits that a job of many small programs does not meet and a runaway one does.</summary>
    /// <param name="configuration">The worker's settings.</param>
    /// <param name="workers">Tasks that run at once.</param>
    /// <param name="folder">The worker's own folder.</param>
    /// <param name="volume">The folder that all members share.</param>
    /// <exception cref="PermanentFault">A setting is wrong; the message names it.</exception>
    public static UserCodeHostOptions Read(IConfiguration configuration, int workers, string folder, string volume) => new()
    {
        CacheFolder = Path.Join(folder, "cache"),
        WorkFolder = Path.Join(folder, "work"),
        Shared = true,
        DotNetIsolation = DotNetIsolation.OwnProcess,
        Sandbox = Of(configuration[Demand]),
        Bubblewrap = configuration[Bubblewrap] is { Length: > 0 } path ? path : "bwrap",
        Reads = [.. (configuration[Reads] ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Select(FullPath)],
        Hidden = [volume],
        ProcessesMax = 512,
        OpenFilesMax = 4096,
        ProcessFileBytesMax = 8L << 30,
        ProcessMemoryBytesMax = MemoryShare(workers),
    };

    /// <summary>A task's share of three quarters of the memory, but 512 MiB to 4 GiB.</summary>
    private static long MemoryShare(int workers) =>
        Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3 / workers, 512L << 20, 4L << 30);

    private static SandboxDemand Of(string? text) => text switch
    {
        null or "" or "preferred" => SandboxDemand.Preferred,
        "required" => SandboxDemand.Required,
        "off" => SandboxDemand.Off,
        _ => throw new PermanentFault($"{Demand} is '{text}'; required, preferred or off is wanted"),
    };

    private static string FullPath(string path) =>
        Path.IsPathRooted(path) ? path : throw new PermanentFault($"{Reads} names '{path}'; full paths are wanted, separated by colons");
}
