using Katanemimena.Core;
using Katanemimena.Orchestration;

namespace Katanemimena.Service;

/// <summary>Takes messages to the manager that every delivery failed on. The job is not to blame, so it is not failed: it is looked at again, as if messages of it had been lost.</summary>
/// <remarks>The manager's reconciler would do so too; this makes it seen, and sure where no manager was alive.</remarks>
public sealed class StagePoison(JobServices jobs, ReportRefusal report)
{
    /// <summary>The queue.</summary>
    public const string Name = "stage-poison";

    /// <summary>Pause before the job is looked at again: whatever was in the way may have gone by then, and nothing goes round without end and pause.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(30);

    /// <summary>Takes one message. What is none is let go.</summary>
    /// <exception cref="TransientFault">It is to be delivered again.</exception>
    public async ValueTask HandleAsync(ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        if (StageMessage.Read(body.Span) is not { } message || !JobId.TryParse(message.Job, out JobId job))
        {
            report($"a message of queue {Name} is of no job, and is let go");
            return;
        }

        report($"a message to the manager of job {job} was delivered as often as a queue allows, and each time failed; the log has the reason of each; the job is looked at again");
        await jobs.Control.WakeAsync(job, s_pause, cancellation);
    }
}
