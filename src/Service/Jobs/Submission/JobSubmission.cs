using Katanemimena.Core;
using Katanemimena.Orchestration;
using Katanemimena.Runners;
using Katanemimena.Wire;

namespace Katanemimena.Service;

/// <summary>A job that was taken in.</summary>
/// <param name="Job">The job.</param>
/// <param name="Repeated">Whether an earlier request of the same key made it; it may have been deleted since.</param>
public sealed record Submitted(JobId Job, bool Repeated);

/// <summary>Takes jobs in, however they were sent.</summary>
public sealed class JobSubmission
{
    private static readonly TimeSpan s_retryOfQuota = TimeSpan.FromSeconds(10);

    private readonly JobParts _parts;
    private readonly ProgramIntake _programs;
    private readonly JobIntake _intake;
    private readonly JobRegister _register;
    private readonly TokenMint _mint;

    internal JobSubmission(JobParts parts)
    {
        _parts = parts;
        _programs = new ProgramIntake(parts);
        _intake = new JobIntake(parts.Store, parts.Queue, parts.Queues, parts.Report);
        _register = new JobRegister(parts.Store);
        _mint = new TokenMint(parts.ProcessName);
    }

    /// <summary>Begins to take in data that is sent along; to be disposed of when the job was submitted or was not.</summary>
    /// <param name="owner">Who sends it.</param>
    /// <param name="standing">How they stand now.</param>
    public SentData BeginData(string owner, UserStanding standing) => new(_parts, _mint.Next(), owner, standing);

    /// <summary>Takes a job in.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="sent">The data sent along, which comes after the datafiles.</param>
    /// <param name="cancellation">Stops before the job is stored.</param>
    /// <exception cref="JobRefused">It cannot be taken; says which field is to blame.</exception>
    /// <exception cref="TransientFault">No manager is alive, or a part of the service cannot be reached. A job may have been stored; under a key, asking again tells.</exception>
    public async ValueTask<Submitted> SubmitAsync(SubmitRequest request, SentData sent, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(sent);
        IdempotencyClaim? claim = RequestHash.Claim(request, sent.Hashes);
        if (claim is not null && await _register.FindAsync(request.Owner, claim, cancellation) is { } before)
        {
            // Sent again, it needs neither room nor data nor programs: all may be gone, and its job is there all the same.
            return Answer(before, request);
        }

        JobOptions options = request.Options.Read(_parts.WorkersPlanned);
        string? label = request.Options.Label;
        sent.RequireStored();
        IReadOnlyList<InputFile> data = await _parts.Data.ResolveAsync(request.Owner, request.Data, cancellation);
        var registration = new JobRegistration
        {
            OpenJobsMax = request.Standing.OpenJobsMax,
            StoredBytesMax = request.Standing.StoredBytesMax,
            Conditions = [request.Standing.Account],
            Idempotency = claim,
        };
        if (await _register.RefusalAsync(request.Owner, registration, cancellation) is { } refusal)
        {
            // Before anything of it is written: who may have no job is not to fill the disk with programs.
            return Answer(refusal, request);
        }

        await using TakenPrograms programs = await _programs.TakeAsync(request, cancellation);
        var spec = new JobSpec
        {
            Inputs = [.. data, .. sent.Inputs],
            Mapper = programs.Mapper,
            Reducer = programs.Reducer ?? CodeFiles.Identity,
            Combiner = programs.Combiner,
            Options = options,
            Owner = request.Owner,
            Label = label,
            Submitted = _parts.Time.GetUtcNow(),
        };
        return await StoreAsync(spec, request, registration, programs, sent);
    }

    private async ValueTask<Submitted> StoreAsync(JobSpec spec, SubmitRequest request, JobRegistration registration, TakenPrograms programs, SentData sent)
    {
        try
        {
            KeyCondition? claimed = await sent.ClaimAsync(CancellationToken.None);
            registration = registration with
            {
                Conditions = [.. registration.Conditions, .. new[] { claimed, programs.Unswept }.OfType<KeyCondition>()],
                Removes = claimed?.Key,
            };

            // Not the caller's to cut off: whether a job was stored is not to hang on a connection.
            RegistrationResult result = await _intake.SubmitAsync(spec, registration, CancellationToken.None);
            if (result is RegistrationResult.Stored)
            {
                programs.Keep();
                sent.Keep();
            }

            return Answer(result, request);
        }
        catch (PermanentFault fault) when (!fault.OfMachine)
        {
            throw Refused(fault.Message);
        }
        catch (RegistrationUnanswered unanswered)
        {
            // The job may be stored, and then reads this data and runs these programs; if it is not, they are swept away.
            programs.Keep();
            sent.Keep();
            throw new TransientFault(unanswered.Message, unanswered);
        }
    }

    private static Submitted Answer(RegistrationResult result, SubmitRequest request) => result switch
    {
        RegistrationResult.Stored stored => new Submitted(stored.Job, Repeated: false),
        RegistrationResult.Repeated repeated => new Submitted(repeated.Job, Repeated: true),
        RegistrationResult.TooMany many => throw TooMany(many.Open, request.Standing.OpenJobsMax),
        RegistrationResult.OverQuota over => throw new JobRefused(
            ProblemCodes.OverQuota, $"you have {over.StoredBytes} bytes stored, which are more than the {request.Standing.StoredBytesMax} that are allowed: {JobRefused.HowToMakeRoom}"),
        RegistrationResult.Outdated { Key: var key } when key == request.Standing.Account.Key => throw JobRefused.NoAccount(),
        RegistrationResult.Outdated => throw new TransientFault("data or programs sent along were swept away before their job was stored; send them again"),
        _ => throw new JobRefused(ProblemCodes.IdempotencyConflict, "the idempotency key was used for another request within the last day; take a new key for a new job")
        {
            Field = "Idempotency-Key",
        },
    };

    private static JobRefused TooMany(int open, int most) => new(
        ProblemCodes.TooManyJobs, $"{open} of your jobs have not ended, and {most} are allowed: wait until one has, or cancel one") { RetryAfter = s_retryOfQuota };

    /// <summary>A fault of the specification names its field before a colon.</summary>
    private static JobRefused Refused(string message)
    {
        int colon = message.IndexOf(':', StringComparison.Ordinal);
        string? field = colon < 0 ? null : message[..colon] switch
        {
            "inputs" => "data",
            "chunk size" => "chunkSize",
            "bad records to skip" => "skipBadRecords",
            "task timeout" => "taskTimeout",
            string other => other,
        };
        return new JobRefused(ProblemCodes.InvalidJob, message) { Field = field };
    }
}
