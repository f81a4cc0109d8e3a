using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Chooses the level for a job by what it asks for, what its worker asks for, and what the machine can do. Safe for several threads.</summary>
internal sealed class SandboxChoice
{
    private readonly SandboxDemand _worker;
    private readonly string _whyNone;
    private readonly Lazy<(Namespaces? Namespaces, string WhyNot)> _found;

    /// <summary>Makes one; the machine is tried when that is first needed, once.</summary>
    public SandboxChoice(UserCodeHostOptions options)
    {
        _worker = options.Sandbox;
        _found = new(() => Find(options));
        _whyNone = "; install bubblewrap and allow it user namespaces, or ask for no sandbox: docs/security.md, User code";
        Plain = new Confinement(options, namespaces: null);
        Strong = new(() => new Confinement(options, _found.Value.Namespaces));
    }

    /// <summary>Processes without namespaces.</summary>
    public Confinement Plain { get; }

    /// <summary>Processes in namespaces; not to be asked for where there are none.</summary>
    private Lazy<Confinement> Strong { get; }

    /// <summary>Why there are no namespaces on this machine, as a sentence; null if there are.</summary>
    public string? WhyNot => _found.Value is { Namespaces: null, WhyNot: var why } ? why : null;

    /// <summary>How processes of a job are to be kept from all else.</summary>
    /// <param name="job">What it asks for.</param>
    /// <exception cref="PermanentFault">Namespaces are required and cannot be had.</exception>
    public Confinement For(SandboxDemand job)
    {
        if (!IsAsked(job))
        {
            return Plain;
        }

        if (WhyNot is not { } why)
        {
            return Strong.Value;
        }

        return Together(job) == SandboxDemand.Preferred ? Plain : throw new PermanentFault($"the sandbox that is required cannot be had: {why}{_whyNone}") { OfMachine = true };
    }

    /// <summary>Whether a job is to run in namespaces, where they can be had.</summary>
    public bool IsAsked(SandboxDemand job) => Together(job) != SandboxDemand.Off;

    /// <summary>The level that processes of a job run at, or would where it is refused.</summary>
    public SandboxLevel LevelOf(SandboxDemand job) =>
        IsAsked(job) && WhyNot is null ? SandboxLevel.Namespaces : SandboxLevel.Process;

    private SandboxDemand Together(SandboxDemand job) =>
        job == SandboxDemand.Required || _worker == SandboxDemand.Required ? SandboxDemand.Required : _worker;

    private static (Namespaces? Namespaces, string WhyNot) Find(UserCodeHostOptions options)
    {
        string? path = options.Bubblewrap.Contains('/') ? Path.GetFullPath(options.Bubblewrap) : CommandLine.FindOnPath(options.Bubblewrap);
        if (path is null || !CommandLine.IsExecutable(path))
        {
            return (null, $"there is no bubblewrap ({options.Bubblewrap})");
        }

        string[] hidden = [Path.GetFullPath(options.WorkFolder), Path.GetFullPath(options.CacheFolder), AppContext.BaseDirectory, .. options.Hidden.Select(Path.GetFullPath)];
        var namespaces = new Namespaces(path, options.MemoryFilesBytesMax, new SystemFolders(options.Reads.Select(Path.GetFullPath)), hidden);
        return SandboxProbe.Try(options, namespaces) is { } why ? (null, $"bubblewrap ({path}) cannot start: it {why}") : (namespaces, "");
    }
}
