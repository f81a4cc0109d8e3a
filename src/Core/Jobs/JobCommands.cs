namespace Katanemimena.Core;

/// <summary>Something to be carried out for a job. Carrying one out twice does no harm.</summary>
public abstract record JobCommand;

/// <summary>Cut the input into chunks and write the plan.</summary>
public sealed record PlanChunks : JobCommand;

/// <summary>Send a message for every task of the stage that has neither a commit record nor a running attempt, and whose turn has come (<see cref="JobState.IsSent"/>).</summary>
/// <param name="Stage">The stage.</param>
/// <param name="Fresh">Whether no task of the stage was ever sent, so there is nothing to look up.</param>
public sealed record StartTasks(TaskStage Stage, bool Fresh) : JobCommand;

/// <summary>Pack the partitions onto reduce tasks by their measured bytes and write the plan; one made before keeps its packing.</summary>
public sealed record PackPartitions : JobCommand;

/// <summary>Remove a map task's commit record, in the transaction that stores the new state, if it is still that attempt's.</summary>
/// <param name="Index">The map task.</param>
/// <param name="Attempt">Token of the attempt.</param>
public sealed record RevokeMapCommit(int Index, string Attempt) : JobCommand;

/// <summary>Write the manifest.</summary>
public sealed record WriteManifest : JobCommand;

/// <summary>Remove intermediate files, keep the failure cards in a file, fold the keys.</summary>
public sealed record CleanUp : JobCommand;
