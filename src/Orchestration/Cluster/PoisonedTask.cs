using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>Turns a task message that every delivery failed on into a failed attempt, so that it is seen, counted, and at last fails its job.</summary>
internal sealed class PoisonedTask(IKeyValueStore store, ITaskQueue queue, QueueNames queues, JobCache cache, TokenMint mint, TimeProvider time)
{
    private readonly AttemptStore _attempts = new(store);
    private readonly JobStore _jobs = new(store);

    /// <summary>Takes the message. A stale one, or one of a task that has committed, is passed over.</summary>
    /// <exception cref="TransientFault">The message is to be delivered again.</exception>
    public async ValueTask HandleAsync(TaskMessage message, CancellationToken cancellation)
    {
        if (!JobId.TryParse(message.Job, out JobId job) || message.Index < 0 || await cache.SpecAsync(job, cancellation) is not { } spec)
        {
            return;
        }

        var attempt = new AttemptId(new TaskId(job, message.Stage, message.Index), mint.Next());
        if (await _attempts.DoneAsync(attempt.Task, cancellation) is null
            && await _attempts.FailAsync(attempt, message.Revision, Card(attempt), cancellation) is { } cards
            && cards.Count >= spec.Options.AttemptsMax
            && await _jobs.EndAsync(job, new JobFailed(cards[0].Error, cards[0], time.GetUtcNow()), cancellation))
        {
            await queue.SendAsync(queues.Stage, new StageMessage(message.Job).Write(), TimeSpan.Zero, cancellation);
        }
    }

    private static FailureCard Card(AttemptId attempt) => FailureCards.Complete(
        new FailureCard
        {
            Stage = attempt.Task.StageName,
            Error = string.Create(CultureInfo.InvariantCulture,
                $"the message of {attempt.Task.StageName} task {attempt.Task.Index} was delivered as often as a queue allows, and each time failed or was lost with its worker; see the workers' logs"),
        },
        attempt,
        ordinal: 0);
}
