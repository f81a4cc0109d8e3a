using Katanemimena.Core;
using Katanemimena.Orchestration;

namespace Katanemimena.Service;

/// <summary>Finds out what became of submissions that the store did not answer, so that data sent along with a job that was not stored counts for nobody.</summary>
/// <remarks>If this process ends before, the data stays, counted, until its owner's account is deleted.</remarks>
internal sealed class UnansweredSubmissions(JobParts parts, JobReader reader)
{
    private const int TriesMax = 20;

    /// <summary>Drops the data if no job reads it. Looks again while the store cannot be reached.</summary>
    public async Task SettleAsync(JobSpec spec, SentData sent)
    {
        if (sent.Inputs.Count == 0)
        {
            return;
        }

        for (int tries = 0; tries < TriesMax; tries++)
        {
            await Task.Delay(parts.SettleAfter, parts.Time, parts.Stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (parts.Stop.IsCancellationRequested || await TrySettleAsync(spec, sent))
            {
                return;
            }
        }
    }

    private async ValueTask<bool> TrySettleAsync(JobSpec spec, SentData sent)
    {
        try
        {
            IReadOnlyList<JobSpec> stored = await reader.SubmittedAtAsync(spec.Owner, spec.Submitted, parts.Stop);
            if (!stored.Any(other => other.Inputs.Contains(sent.Inputs[0])))
            {
                await sent.DropAsync();
            }

            return true;
        }
        catch (Exception fault) when (fault is TransientFault or OperationCanceledException)
        {
            parts.Report?.Invoke(nameof(UnansweredSubmissions), fault);
            return false;
        }
    }
}
