namespace Katanemimena.Wire;

/// <summary>A process of the service that is alive.</summary>
public sealed record InstanceDocument
{
    /// <summary>Its name, which no other process ever had.</summary>
    public required string Id { get; init; }

    /// <summary>The manager it is; null for a worker.</summary>
    public string? Manager { get; init; }

    /// <summary>Tasks it runs at once; 0 for a manager alone.</summary>
    public int Workers { get; init; }

    /// <summary>When it came up.</summary>
    public DateTimeOffset Started { get; init; }

    /// <summary>Tasks it runs now, as <c>{job}/{stage}/{index}</c>.</summary>
    public IReadOnlyList<string> Running { get; init; } = [];
}

/// <summary>A manager that ever was.</summary>
/// <param name="Name">Its stable name.</param>
/// <param name="Alive">Whether it is alive.</param>
/// <param name="UnfinishedJobs">Its jobs that have not ended.</param>
/// <param name="Jobs">Jobs it was ever given.</param>
public sealed record ManagerDocument(string Name, bool Alive, int UnfinishedJobs, long Jobs);

/// <summary><c>GET instances</c>.</summary>
/// <param name="Instances">By name.</param>
/// <param name="Managers">By name.</param>
public sealed record InstancesDocument(IReadOnlyList<InstanceDocument> Instances, IReadOnlyList<ManagerDocument> Managers);

/// <summary><c>GET healthz</c> and <c>GET readyz</c>.</summary>
/// <param name="Status"><c>ok</c> or <c>unavailable</c>.</param>
/// <param name="Checks">Each part with <c>ok</c> or what is wrong with it.</param>
public sealed record HealthDocument(string Status, IReadOnlyDictionary<string, string>? Checks = null);
