using Katanemimena.Core;
using Katanemimena.Orchestration;

namespace Katanemimena.Service;

/// <summary>What the jobs of a service stand on.</summary>
public sealed record JobParts
{
    /// <summary>The truth.</summary>
    public required IKeyValueStore Store { get; init; }

    /// <summary>The hints.</summary>
    public required ITaskQueue Queue { get; init; }

    /// <summary>The volume that all members share.</summary>
    public required IVolume Volume { get; init; }

    /// <summary>Datafiles and data sent along.</summary>
    public required IJobData Data { get; init; }

    /// <summary>Folder of the copies of user code, which workers see under the same path: in it one folder a job.</summary>
    public required string CodeFolder { get; init; }

    /// <summary>A name no other process ever had: letters, digits, <c>.</c>, <c>_</c> and <c>-</c>.</summary>
    public required string ProcessName { get; init; }

    /// <summary>Clock and timers.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Names of the queues.</summary>
    public QueueNames Queues { get; init; } = new();

    /// <summary>Workers that a job is planned for when it does not say: 1 to 1,000; default 4.</summary>
    public int WorkersPlanned { get; init; } = 4;

    /// <summary>How long a caller waits for a result to be put together before being told to come back; default 3 s.</summary>
    public TimeSpan ResultWait { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Told of what goes wrong and is got over; null for nobody. Called from any thread.</summary>
    public Action<string, Exception>? Report { get; init; }

    /// <summary>The process is to end: whoever waits is answered, and what is being put together is given up.</summary>
    public CancellationToken Stop { get; init; }
}

/// <summary>Who asks.</summary>
/// <param name="Name">The user.</param>
/// <param name="IsAdmin">Whether they may see everybody's jobs.</param>
public sealed record JobCaller(string Name, bool IsAdmin);
