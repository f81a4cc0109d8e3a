using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>Chooses managers for new jobs.</summary>
internal static class LiveManagers
{
    /// <summary>The live manager with the fewest open jobs; among equals, the first by name.</summary>
    /// <param name="managers">All keys of managers.</param>
    /// <param name="open">The index of open jobs.</param>
    /// <exception cref="TransientFault">None is alive.</exception>
    public static string LeastBusy(IReadOnlyList<KeyValue> managers, IReadOnlyList<KeyValue> open)
    {
        Dictionary<string, int> unfinished = managers.Select(key => JobKeys.ManagerOf(key.Key)).OfType<string>().ToDictionary(manager => manager, _ => 0, StringComparer.Ordinal);
        foreach (KeyValue entry in open)
        {
            if (JobKeys.TryParseOpen(entry.Key, out JobId job) && unfinished.TryGetValue(job.Manager, out int count))
            {
                unfinished[job.Manager] = count + 1;
            }
        }

        return unfinished.Count == 0
            ? throw new TransientFault("no manager is alive to take a job; try again when one is")
            : unfinished.MinBy(manager => (manager.Value, manager.Key)).Key;
    }
}
