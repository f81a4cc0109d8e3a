using Katanemimena.Core;

namespace Katanemimena.Service;

/// <summary>Deletes data that was sent along with jobs which were never stored, because the process that took them in died.</summary>
internal sealed class SentAlongSweep(IKeyValueStore store, DatafileStore datafiles, DatafileRecords records, TimeProvider time)
{
    /// <summary>Deletes what came with a submission, if it is time. Dooms it first, so that no job has it from then on; if this process dies in between, it is swept anew.</summary>
    /// <param name="sent">A key of <see cref="DatafileKeys.Sent"/>.</param>
    /// <param name="cancellation">What is left is swept next time.</param>
    /// <exception cref="PermanentFault">The document is damaged.</exception>
    internal async ValueTask SweepAsync(KeyValue sent, CancellationToken cancellation)
    {
        SentAlong seen = DatafileDocuments.Read(sent, DatafileDocuments.Default.SentAlong)!;
        if (seen.Since + DatafileSweeper.LooseTime > time.GetUtcNow() || (!seen.Doomed && !await records.TryDoomAsync(sent, seen, cancellation)))
        {
            return;
        }

        (string owner, string submission) = DatafileKeys.ParseSent(sent.Key);
        string files = DatafileKeys.FilesOf(owner);
        await foreach (KeyValue file in StorePages.ReadAsync(store, KeyRange.Prefix(DatafileKeys.FilesSentWith(owner, submission)), cancellation))
        {
            await datafiles.DeleteAsync(owner, file.Key[files.Length..], cancellation);
        }

        await records.ForgetSentAsync(sent.Key, cancellation);
    }
}
