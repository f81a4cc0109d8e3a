using Katanemimena.Core;
using Katanemimena.Orchestration;

namespace Katanemimena.Service;

/// <summary>Finds out whether anything is a user's.</summary>
public static class Belongings
{
    /// <summary>Whether a user has jobs, datafiles or uploads under way.</summary>
    /// <param name="store">The truth.</param>
    /// <param name="owner">The user; a name of one.</param>
    /// <param name="cancellation">Stops reading.</param>
    /// <exception cref="TransientFault">The store cannot be reached.</exception>
    public static async ValueTask<bool> ExistAsync(IKeyValueStore store, string owner, CancellationToken cancellation)
    {
        KeyRange[] ranges = [.. ((string[])[JobKeys.ListedOf(owner), DatafileKeys.FilesOf(owner), DatafileKeys.UploadsOf(owner)]).Select(prefix => KeyRange.Prefix(prefix) with { CountOnly = true })];
        return (await store.TransactAsync(new Transaction { Reads = ranges }, cancellation)).Reads.Any(read => read.Count > 0);
    }
}
