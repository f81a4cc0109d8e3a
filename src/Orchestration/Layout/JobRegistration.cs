using System.Text.Json.Serialization;
using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>What is asked for beside a job itself when somebody registers it.</summary>
public sealed record JobRegistration
{
    /// <summary>Most jobs its owner may have open, this one included; 0 or more. A job is open until it has been cleaned up after its end.</summary>
    public required int OpenJobsMax { get; init; }

    /// <summary>Most bytes its owner may have stored already: <see cref="JobKeys.StoredGate"/>.</summary>
    public long StoredBytesMax { get; init; } = long.MaxValue;

    /// <summary>What has to hold besides when the job is stored; at most 100.</summary>
    public IReadOnlyList<KeyCondition> Conditions { get; init; } = [];

    /// <summary>A key that goes when the job is stored; null for none.</summary>
    public string? Removes { get; init; }

    /// <summary>Makes the same request sent twice one job; null for a new job in any case.</summary>
    public IdempotencyClaim? Idempotency { get; init; }
}

/// <summary>An idempotency key with the request that it came with.</summary>
/// <param name="KeyHash">SHA-256 of the key, lower-case hexadecimal.</param>
/// <param name="RequestHash">Hash of all that makes the request.</param>
public sealed record IdempotencyClaim(string KeyHash, string RequestHash)
{
    /// <summary>How long a key is remembered: 24 h.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromHours(24);
}

/// <summary>How a registration came out.</summary>
public abstract record RegistrationResult
{
    private RegistrationResult()
    {
    }

    /// <summary>The job was stored.</summary>
    public sealed record Stored(JobId Job) : RegistrationResult;

    /// <summary>The same request came before, and this is its job, which may have been deleted since. Nothing was stored.</summary>
    public sealed record Repeated(JobId Job) : RegistrationResult;

    /// <summary>Another request came under the key before. Nothing was stored.</summary>
    public sealed record OtherRequest : RegistrationResult;

    /// <summary>The owner has <paramref name="Open"/> open jobs, which are as many as allowed. Nothing was stored.</summary>
    public sealed record TooMany(int Open) : RegistrationResult;

    /// <summary>The owner has <paramref name="StoredBytes"/> stored, which are more than allowed. Nothing was stored.</summary>
    public sealed record OverQuota(long StoredBytes) : RegistrationResult;

    /// <summary>One of the <see cref="JobRegistration.Conditions"/> does not hold: that on <paramref name="Key"/>. Nothing was stored.</summary>
    public sealed record Outdated(string Key) : RegistrationResult;
}

/// <summary>The store did not answer whether a job was stored. Under an idempotency key, asking again tells.</summary>
public sealed class RegistrationUnanswered(TransientFault fault) : Exception(fault.Message, fault);

/// <summary>A job as an index lists it.</summary>
/// <param name="Owner">Whose it is.</param>
/// <param name="Label">A name for people, or null.</param>
/// <param name="Submitted">When it was submitted.</param>
public sealed record ListedJob(string Owner, string? Label, DateTimeOffset Submitted);

/// <summary>What an idempotency key stands for.</summary>
/// <param name="Job">The job.</param>
/// <param name="Request">Hash of the request.</param>
internal sealed record RememberedRequest(string Job, string Request);

/// <summary>These documents as JSON in UTF-8.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ListedJob))]
[JsonSerializable(typeof(RememberedRequest))]
internal sealed partial class RegisterJson : JsonSerializerContext;
