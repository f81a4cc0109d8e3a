using System.Text.Json;
using Katanemimena.Core;
using Katanemimena.Wire;

namespace Katanemimena.Service;

/// <summary>Takes jobs in from the queue <c>submit</c>, for programs that run in batch.</summary>
/// <remarks>
/// A message that is delivered twice makes one job: by its idempotency key, or, without one, by what it says. So two messages that are to be two jobs of the same kind
/// need something that differs, such as <see cref="SubmitMessage.Correlation"/>.
/// What is wrong with a message is answered where it names a queue for that; one that has no such queue, or cannot be read, fails, and so comes to the poison queue.
/// </remarks>
public sealed class SubmitQueue(JobServices jobs, VerifySubmitter verify, Func<JobRefused, ProblemDocument> problem, ReportRefusal report)
{
    /// <summary>The queue.</summary>
    public const string Name = "submit";

    /// <summary>Its poison queue.</summary>
    public const string PoisonName = "submit-poison";

    /// <summary>Takes one message.</summary>
    /// <exception cref="TransientFault">It is to be delivered again.</exception>
    /// <exception cref="PermanentFault">It cannot be answered, and is to come to the poison queue.</exception>
    public async ValueTask HandleAsync(ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        SubmitMessage message = SubmitMessages.Read(body.Span, out string? trouble) ?? throw Unanswerable(trouble!);
        SubmitAnswer answer;
        try
        {
            Submitted submitted = await SubmitAsync(message, body, cancellation);
            answer = new SubmitAnswer(message.Correlation, submitted.Job.ToString());
        }
        catch (JobRefused refused)
        {
            report($"a message of queue {Name} was refused ({refused.Code}): {refused.Message}");
            if (message.AnswerTo is null)
            {
                throw Unanswerable(refused.Message);
            }

            answer = new SubmitAnswer(SubmitMessages.Shortened(message.Correlation), Problem: problem(refused));
        }

        await AnswerAsync(message.AnswerTo, answer, cancellation);
    }

    /// <summary>Takes a message that every delivery failed on: says so where it can, and lets it go.</summary>
    /// <exception cref="TransientFault">It is to be delivered again.</exception>
    public async ValueTask HandlePoisonAsync(ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        SubmitMessage? message = SubmitMessages.Read(body.Span, out string? trouble);
        report(message is null
            ? $"a message of queue {Name} is given up: {trouble}"
            : $"a message of queue {Name} is given up after as many deliveries as a queue allows{(message.Correlation is { } correlation ? $" (correlation '{SentText.Quoted(correlation)}')" : "")}; the log has the reason of each");
        if (message?.AnswerTo is not null)
        {
            var refused = new JobRefused(ProblemCodes.Unavailable, "the message was delivered as often as the queue allows and came to no answer; send it again with the same idempotency key");
            await AnswerAsync(message.AnswerTo, new SubmitAnswer(SubmitMessages.Shortened(message.Correlation), Problem: problem(refused)), cancellation);
        }
    }

    private PermanentFault Unanswerable(string trouble)
    {
        report($"a message of queue {Name} has no answer: {trouble}");
        return new PermanentFault($"a message of queue {Name} cannot be answered: {trouble}");
    }

    private async ValueTask<Submitted> SubmitAsync(SubmitMessage message, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        if (message.Correlation is { Length: > SubmitMessages.CorrelationLengthMax })
        {
            throw JobRefused.Invalid("correlation", $"has {message.Correlation.Length} characters; at most {SubmitMessages.CorrelationLengthMax} are wanted");
        }

        Submitter submitter = await verify(message.Token, cancellation)
            ?? throw new JobRefused(ProblemCodes.Unauthorized, "the token is not good, or no longer; an admin mints service tokens") { Field = "token" };
        var request = new SubmitRequest
        {
            Owner = submitter.Name,
            Standing = submitter.Standing,
            Mapper = SubmitMessages.Program(message.Mapper, "mapper"),
            Reducer = message.Reducer is null ? null : SubmitMessages.Program(message.Reducer, "reducer"),
            Combiner = message.Combiner is null ? null : SubmitMessages.Program(message.Combiner, "combiner"),
            Data = message.Data,
            Options = JobOptionTexts.Of(message.Options),
            Key = message.IdempotencyKey is { } key ? RequestKey.Chosen(key, "idempotencyKey") : RequestKey.OfMessage(body.Span),
        };
        await using SentData sent = jobs.Submission.BeginData(submitter.Name, submitter.Standing);
        foreach (InlineFile input in message.Input)
        {
            await using var content = new MemoryStream(SubmitMessages.Content(input, "input"), writable: false);
            await sent.AddAsync(input.Name, content, cancellation);
        }

        return await jobs.Submission.SubmitAsync(request, sent, cancellation);
    }

    private async ValueTask AnswerAsync(string? queue, SubmitAnswer answer, CancellationToken cancellation)
    {
        if (queue is not null)
        {
            await jobs.Parts.Queue.SendAsync(queue, JsonSerializer.SerializeToUtf8Bytes(answer, WireJson.Default.SubmitAnswer), TimeSpan.Zero, cancellation);
        }
    }
}
