using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>How user processes are kept from all else at one level. Safe for several threads.</summary>
/// <param name="options">The host's options, with the limits.</param>
/// <param name="namespaces">How namespaces are made; null for none.</param>
internal sealed class Confinement(UserCodeHostOptions options, Namespaces? namespaces)
{
    /// <summary>RLIMIT_NPROC counts all processes and threads of a user on the machine; so much more than a program's share is left to all programs.</summary>
    private const int ProgramsTogether = 16;

    private readonly Cgroups? _cgroups = options.ProcessesMax > 0 && Environment.IsPrivilegedProcess ? Cgroups.Own : null;

    /// <summary>Processes of their own without limits on how many they are.</summary>
    public static Confinement Unlimited { get; } = new(new UserCodeHostOptions { CacheFolder = "", WorkFolder = "" }, namespaces: null);

    /// <summary>The level.</summary>
    public SandboxLevel Level => namespaces is null ? SandboxLevel.Process : SandboxLevel.Namespaces;

    /// <summary>Id of our own process as a program sees its parent's.</summary>
    public int ParentOfProgram => namespaces is null ? Environment.ProcessId : Namespaces.FirstProcess;

    /// <summary>What of a job's a program may see beside its own file: not what is in a folder that is hidden, wherever the job says that its code came from.</summary>
    public IEnumerable<string> Shown(IEnumerable<string> paths) =>
        namespaces is null ? [] : paths.Where(path => !namespaces.Hidden.Any(hidden => Paths.IsWithin(path, hidden)));

    /// <summary>Starts a process with the limits of the level.</summary>
    /// <exception cref="TransientFault">The system has no room for another process or pipe.</exception>
    public ChildProcess Start(Launch launch)
    {
        Cgroup? cgroup = _cgroups?.Create(options.ProcessesMax);
        try
        {
            return ChildProcess.Start(launch with
            {
                ProcessesMax = namespaces is null ? options.ProcessesMax * ProgramsTogether : options.ProcessesMax,
                OpenFilesMax = options.OpenFilesMax,
                WithoutPrivileges = options.Shared,
                Namespaces = namespaces,
                Cgroup = cgroup,
            });
        }
        catch
        {
            cgroup?.Dispose();
            throw;
        }
    }
}
