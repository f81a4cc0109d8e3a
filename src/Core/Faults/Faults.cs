namespace Katanemimena.Core;

/// <summary>A backend could not be reached or was busy. The message is delivered again; nothing else retries.</summary>
public sealed class TransientFault(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>The job can never succeed: bad input, bad options, a full disk. The job fails with this message.</summary>
public sealed class PermanentFault(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Whether the machine is in the way (disk full, a right missing, no interpreter) rather than what the job brought; default false.</summary>
    public bool OfMachine { get; init; }
}

/// <summary>The user's code failed on this attempt. Counts an attempt; after the last one the first card is the job's error.</summary>
public sealed class UserCodeFault(FailureCard card, Exception? cause = null) : Exception(card.Error, cause)
{
    /// <summary>What is known of the failure.</summary>
    public FailureCard Card { get; } = card;
}

/// <summary>A file that a task committed does not have the bytes it had. The task that wrote it must run again.</summary>
/// <param name="producer">The committed attempt whose file is damaged, as found in the file's name or the plan that named it.</param>
/// <param name="message">File, byte offset and what was expected there.</param>
/// <param name="cause">The error beneath, where there is one.</param>
public sealed class CorruptDataFault(AttemptId producer, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>The committed attempt that has to be replaced.</summary>
    public AttemptId Producer { get; } = producer;
}

/// <summary>Something that the program itself guarantees does not hold: a bug here, never the user's doing.</summary>
public sealed class InvariantBroken(string message) : Exception(message);
