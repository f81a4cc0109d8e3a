using System.Runtime.CompilerServices;
using Katanemimena.Core;

namespace Katanemimena.Service;

/// <summary>Reads ranges in pages, so that no answer grows with what is stored.</summary>
internal static class StorePages
{
    private const int PageKeys = 1000;

    /// <summary>The keys of a range, in order. Pages are read one after the other, so they may stem from different revisions.</summary>
    internal static async IAsyncEnumerable<KeyValue> ReadAsync(IKeyValueStore store, KeyRange range, [EnumeratorCancellation] CancellationToken cancellation)
    {
        range = range with { Limit = PageKeys };
        while (true)
        {
            RangeResult page = await store.RangeAsync(range, cancellation);
            foreach (KeyValue key in page.Keys)
            {
                yield return key;
            }

            if (page.Keys.Count == page.Count || page.Keys.Count == 0)
            {
                yield break;
            }

            range = range with { Start = page.Keys[^1].Key + "\0" };
        }
    }
}
