using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>After a job has ended: removes what only its tasks needed, and folds its small keys into the state.</summary>
internal sealed class JobCleaner(CoordinatorParts parts)
{
    private readonly JobStore _jobs = new(parts.Store);
    private readonly JobRanges _ranges = new(parts.Store);
    private readonly StatusReader _status = new(parts.Store);
    private readonly JobReader _reader = new(parts.Store, parts.Volume);

    /// <summary>Cleans up, unless the job is deleted meanwhile. Files first: what is cut off before the last step is done again.</summary>
    public async ValueTask CleanAsync(JobId job, StoredState stored, CancellationToken stop)
    {
        RemoveFiles(job, stored.State);
        List<FailureCard> cards = await _ranges.CardsAsync(job, stop);
        if (await _status.ReadAsync(job, stop) is not { } status)
        {
            return;
        }

        string? cardsFile = cards.Count == 0 ? null : WriteCards(job, cards);
        var totals = new JobTotals(status.Map with { Running = 0 }, status.Reduce with { Running = 0 })
        {
            Sums = stored.State.Manifest is null ? Bounded(await _reader.SumsAsync(job, stored.State, stop)) : null,
        };
        Decision decision = JobTransitions.Decide(stored.State, new JobFolded(totals, cardsFile, parts.Time.GetUtcNow()));
        if (!await FoldAsync(job, stored, decision.State, stop) && cardsFile is not null)
        {
            parts.Volume.Delete(cardsFile);
        }
    }

    /// <summary>Folds the keys into the state and counts what the job keeps, in one step.</summary>
    /// <returns>False if the job has changed or gone meanwhile.</returns>
    private async ValueTask<bool> FoldAsync(JobId job, StoredState stored, JobState folded, CancellationToken stop)
    {
        if (await _jobs.SpecAsync(job, stop) is not { } spec || !VolumePath.IsName(spec.Owner))
        {
            return await _jobs.ReplaceAsync(job, stored, folded, [], Fold(job), stop) is not null;
        }

        long bytes = JobDocuments.Write(spec).Length + FileBytes(job);
        while (await KeptView.ReadAsync(parts.Store, job, spec, stop) is { } now && now.StateRevision == stored.Revision)
        {
            KeyCondition[] conditions = now.IsListed ? now.Unchanged : [];
            KeyWrite[] counted = now.IsListed ? now.Count((now.Kept ?? KeptBytes.None) with { Job = bytes }) : [];
            if (await _jobs.ReplaceAsync(job, stored, folded, conditions, [.. Fold(job), .. counted], stop) is not null)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Bytes of the files that stay, but for results put together, which are counted one by one. What cannot be read counts nothing: the job has ended all the same.</summary>
    private long FileBytes(JobId job)
    {
        try
        {
            return parts.Volume.List(JobFiles.Folder(job))
                .Where(file => !file.StartsWith(JobFiles.Results(job) + "/", StringComparison.Ordinal) && !file.StartsWith(JobFiles.ResultScratch(job) + "/", StringComparison.Ordinal))
                .Sum(Length);
        }
        catch (PermanentFault)
        {
            return 0;
        }
    }

    private long Length(string file)
    {
        try
        {
            using VolumeReader reader = parts.Volume.Open(file);
            return reader.Length;
        }
        catch (FileNotFoundException)
        {
            return 0;
        }
    }

    /// <summary>Without the counters, if there are so many that the state might not fit the store: each attempt may have others.</summary>
    private static JobSums Bounded(JobSums sums) =>
        sums.Counters.Count <= AttemptReport.CountersMax && sums.Counters.Keys.Sum(name => name.Length) <= AttemptReport.CounterCharsMax
            ? sums
            : sums with { Counters = new Dictionary<string, long>() };

    private static List<KeyWrite> Fold(JobId job)
    {
        var deletes = new List<KeyWrite>
        {
            AttemptStore.Delete(JobKeys.Open(job)),
            DeleteAll(JobKeys.AllDone(job)),
            DeleteAll(JobKeys.AllSizes(job)),
            DeleteAll(JobKeys.AllFailed(job)),
        };
        foreach (TaskStage stage in Enum.GetValues<TaskStage>())
        {
            deletes.Add(DeleteAll(JobKeys.Live(job, stage)));
            deletes.Add(DeleteAll(JobKeys.Attempts(job, stage)));
        }

        return deletes;
    }

    private void RemoveFiles(JobId job, JobState state)
    {
        try
        {
            parts.Volume.Delete(JobFiles.Plans(job));
            parts.Volume.Delete(JobFiles.Scratch(job));
            parts.Volume.Delete(JobFiles.Outputs(job, TaskStage.Map));
            if (state.Manifest is null)
            {
                parts.Volume.Delete(JobFiles.Outputs(job, TaskStage.Reduce));
            }
            else
            {
                RemoveLosers(job, parts.Volume.Read(state.Manifest, JobDocuments.Default.JobManifest));
            }
        }
        catch (PermanentFault)
        {
            // What cannot be deleted now goes when the job is deleted; the job itself has ended all the same.
        }
    }

    /// <summary>Removes parts and files of records set aside whose attempt did not commit, but whose worker could not remove them.</summary>
    private void RemoveLosers(JobId job, JobManifest manifest)
    {
        HashSet<string> committed = [.. manifest.Parts.Select(part => part.Path), .. manifest.SetAsideFiles];
        foreach (string folder in (ReadOnlySpan<string>)[JobFiles.Outputs(job, TaskStage.Reduce), JobFiles.SetAside(job)])
        {
            foreach (string file in parts.Volume.List(folder).Where(file => !committed.Contains(file)))
            {
                parts.Volume.Delete(file);
            }
        }
    }

    private string? WriteCards(JobId job, List<FailureCard> cards)
    {
        string file = JobFiles.Cards(job, parts.Mint.Next());
        try
        {
            parts.Volume.Write(file, cards, JobDocuments.Default.ListFailureCard);
            return file;
        }
        catch (PermanentFault)
        {
            // A full disk: the state keeps the card that ended the job.
            return null;
        }
    }

    private static KeyWrite.Delete DeleteAll(string prefix) => new(KeyRange.Prefix(prefix));
}
