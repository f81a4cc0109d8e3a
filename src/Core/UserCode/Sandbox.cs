namespace Katanemimena.Core;

/// <summary>How far the user's code is kept from all else on the machine, weakest first. <c>docs/security.md</c> says what each protects.</summary>
public enum SandboxLevel
{
    /// <summary>In the worker's own process.</summary>
    None,

    /// <summary>A process of its own, with a clean environment, a working folder of its own and resource limits.</summary>
    Process,

    /// <summary>As well in namespaces of its own: no network, no other process, no file but the system's and its own.</summary>
    Namespaces,
}

/// <summary>What a job, or a worker for all of its jobs, asks of the sandbox.</summary>
public enum SandboxDemand
{
    /// <summary>The strongest level that can be had on the machine.</summary>
    Preferred,

    /// <summary><see cref="SandboxLevel.Namespaces"/> or nothing: what cannot be had fails.</summary>
    Required,

    /// <summary>No namespaces. A job gets that only where its worker asks for no more.</summary>
    Off,
}
