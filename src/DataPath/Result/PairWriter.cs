using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>Writes all pairs of a group source in a format.</summary>
internal static class PairWriter
{
    /// <summary>Pairs between two looks at the cancellation token.</summary>
    private const int CancellationStep = 1 << 12;

    /// <summary>Writes every value of every group, as often as it repeats.</summary>
    /// <returns>Pairs written.</returns>
    /// <exception cref="PermanentFault">The format wants unique keys and one comes twice.</exception>
    public static long WriteAll(IGroupSource groups, PairFormat format, CancellationToken cancellation)
    {
        long pairs = 0;
        while (groups.NextGroup())
        {
            long pairsBefore = pairs;
            while (groups.NextValue())
            {
                for (long repeat = groups.Repeat; repeat > 0; repeat--)
                {
                    if (format.UniqueKeys && pairs > pairsBefore)
                    {
                        throw new PermanentFault(
                            $"the key \"{KeyText.Of(groups.Key)}\" comes more than once in the result, which one JSON object cannot hold: write it as jsonl or tsv");
                    }

                    format.Write(groups.Key, groups.Value);
                    if (++pairs % CancellationStep == 0)
                    {
                        cancellation.ThrowIfCancellationRequested();
                    }
                }
            }
        }

        return pairs;
    }
}
