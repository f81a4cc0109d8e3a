using Katanemimena.Orchestration;

namespace Katanemimena.Service;

/// <summary>All that can be done with jobs, over the same parts. One a process; safe for several threads.</summary>
public sealed class JobServices
{
    /// <summary>Calls nothing yet.</summary>
    public JobServices(JobParts parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        Parts = parts;
        var reader = new JobReader(parts.Store, parts.Volume);
        Register = new JobRegister(parts.Store);
        Control = new JobControl(new JobControlParts
        {
            Store = parts.Store, Queue = parts.Queue, Volume = parts.Volume, ProcessName = parts.ProcessName, Time = parts.Time, Queues = parts.Queues,
        });
        Catalogue = new JobCatalogue(reader);
        Submission = new JobSubmission(parts);
        Changes = new JobChanges(parts);
        Ending = new JobEnding(parts, Catalogue, Control);
        Records = new JobRecords(parts, reader);
        Results = new ResultFiles(parts, reader);
    }

    /// <summary>What they stand on.</summary>
    public JobParts Parts { get; }

    /// <summary>How many jobs users have open.</summary>
    public JobRegister Register { get; }

    /// <summary>Taking jobs in.</summary>
    public JobSubmission Submission { get; }

    /// <summary>Finding and reading jobs.</summary>
    public JobCatalogue Catalogue { get; }

    /// <summary>Waiting for changes.</summary>
    public JobChanges Changes { get; }

    /// <summary>Cancelling and deleting.</summary>
    public JobEnding Ending { get; }

    /// <summary>What happened to jobs, and the records they set aside.</summary>
    public JobRecords Records { get; }

    /// <summary>Results.</summary>
    public ResultFiles Results { get; }

    internal JobControl Control { get; }
}
