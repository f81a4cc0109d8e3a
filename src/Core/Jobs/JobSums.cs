namespace Katanemimena.Core;

/// <summary>What the committed attempts of a job read, wrote and took so far.</summary>
/// <param name="Map">The map stage.</param>
/// <param name="Reduce">The reduce stage.</param>
/// <param name="ShuffleBytes">Bytes of all run files.</param>
/// <param name="Counters">The user's counters.</param>
public sealed record JobSums(ManifestStage Map, ManifestStage Reduce, long ShuffleBytes, IReadOnlyDictionary<string, long> Counters)
{
    /// <summary>Sums over no attempt.</summary>
    public static JobSums None { get; } = new(new ManifestStage(), new ManifestStage(), 0, new Dictionary<string, long>());

    /// <summary>The weakest level that a committed attempt's code ran at; null before there is one, or where one did not record it.</summary>
    public SandboxLevel? Sandbox { get; init; }
}
