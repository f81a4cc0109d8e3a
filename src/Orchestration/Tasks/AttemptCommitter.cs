using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>Commits what an attempt made, turns the key when it was the stage's last, and clears up when it lost.</summary>
internal sealed class AttemptCommitter(WorkerParts parts)
{
    /// <summary>How often a commit is tried when the store does not answer. The one retry outside the queue: an attempt's whole work hangs on it.</summary>
    public const int TriesMax = 5;

    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(200);

    private readonly AttemptStore _attempts = new(parts.Store);
    private readonly JobStore _jobs = new(parts.Store);

    /// <summary>Commits the attempt.</summary>
    /// <returns>What there is to <see cref="TurnKeyAsync"/> for; null if the attempt lost, or may have.</returns>
    /// <exception cref="TransientFault">The store did not answer: the attempt may or may not have committed, so its files stay until the job ends.</exception>
    public async ValueTask<CommitResult.Won?> CommitAsync(AttemptId attempt, long revision, AttemptOutput output, HeldLease lease)
    {
        CommitResult result = await TryAsync(attempt, revision, output, lease);
        if (result is CommitResult.Unknown)
        {
            // The files stay: if the commit was made, the manifest names them; if not, cleaning up the job removes them.
            parts.Lease.Orphan(attempt, neverRan: false);
        }
        else if (result is not CommitResult.Won)
        {
            parts.Lease.Orphan(attempt, neverRan: result is CommitResult.Fenced);
            DeleteFiles(attempt);
        }

        return result as CommitResult.Won;
    }

    /// <summary>Wakes the manager if that was the last commit of the stage, or one record set aside too many. What goes wrong here does not undo the commit: the reconciler wakes the manager as well.</summary>
    public async ValueTask TurnKeyAsync(AttemptId attempt, CommitResult.Won won, int tasks, JobOptions options)
    {
        if (won.SetAside > options.SkipBadRecordsMax)
        {
            FailureCard card = SetAsideFile.FirstCard(parts.Volume, JobFiles.SetAside(attempt));
            if (!await _jobs.EndAsync(attempt.Task.Job, TooManySetAside(card, options, parts.Time.GetUtcNow()), CancellationToken.None))
            {
                return;
            }
        }
        else if (won.DoneCount != tasks)
        {
            return;
        }

        await parts.Queue.SendAsync(
            parts.Queues.Stage, new StageMessage(attempt.Task.Job.ToString()).Write(), TimeSpan.Zero, CancellationToken.None);
    }

    internal static JobFailed TooManySetAside(FailureCard card, JobOptions options, DateTimeOffset at) => new(
        string.Create(CultureInfo.InvariantCulture, $"more than {options.SkipBadRecordsMax} records were set aside; the first: {card.Error}"), card, at);

    private void DeleteFiles(AttemptId attempt)
    {
        try
        {
            parts.Volume.Delete(JobFiles.Output(attempt));
            parts.Volume.Delete(JobFiles.SetAside(attempt));
        }
        catch (PermanentFault)
        {
            // Nobody reads them: what cannot be deleted now goes when the job is cleaned up, and is no reason to fail it.
        }
    }

    private async ValueTask<CommitResult> TryAsync(AttemptId attempt, long revision, AttemptOutput output, HeldLease lease)
    {
        TimeSpan pause = s_firstPause;
        for (int tries = 1; ; tries++)
        {
            try
            {
                CommitResult result = await _attempts.CommitAsync(attempt, revision, output.Record, output.PartitionBytes, CancellationToken.None);
                return tries > 1 && result is CommitResult.Fenced ? new CommitResult.Unknown() : result;
            }
            catch (TransientFault) when (tries < TriesMax && !lease.Lost.IsCancellationRequested)
            {
                await Task.Delay(pause, parts.Time, CancellationToken.None);
                pause *= 2;
            }
            catch (TransientFault)
            {
                parts.Lease.Orphan(attempt, neverRan: false);
                throw;
            }
        }
    }
}
