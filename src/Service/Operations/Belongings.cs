using Katanemimena.Core;
using Katanemimena.Orchestration;

namespace Katanemimena.Service;

/// <summary>Finds out whether anything is a user's.</summary>
public static class Belongings
{
    /// <summary>Whether a user has jobs, datafiles or uploads under way. Data sent along with jobs does not count by itself: without its job, it is what a process that died has left.</summary>
    /// <param name="store">The truth.</param>
    /// <param name="owner">The user; a name of one.</param>
    /// <param name="cancellation">Stops reading.</param>
    /// <exception cref="TransientFault">The store cannot be reached.</exception>
    public static async ValueTask<bool> ExistAsync(IKeyValueStore store, string owner, CancellationToken cancellation)
    {
        IEnumerable<KeyRange> ranges = [KeyRange.Prefix(JobKeys.ListedOf(owner)), KeyRange.Prefix(DatafileKeys.UploadsOf(owner)), .. DatafileResolver.Visible(owner, "", null)];
        return (await store.TransactAsync(new Transaction { Reads = [.. ranges.Select(range => range with { CountOnly = true })] }, cancellation)).Reads.Any(read => read.Count > 0);
    }
}
