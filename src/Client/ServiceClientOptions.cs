namespace Katanemimena.Client;

/// <summary>How a client talks to its server.</summary>
public sealed record ServiceClientOptions
{
    /// <summary>Where the server is.</summary>
    public required ServiceAddress Server { get; init; }

    /// <summary>Who calls. Without it, only what anybody may do is done.</summary>
    public AccessTokenSource? Tokens { get; init; }

    /// <summary>Clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Attempts at a request that is safe to repeat, 1 to 100. The default of 6 gives up after about 8 s of a server that is not there.</summary>
    public int AttemptsMax { get; init; } = 6;

    /// <summary>How long a transfer or a wait goes on without any success before it is given up. Default 5 minutes.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Bytes a block of an upload, 1 to 32 MiB; one block is held in memory. Default 8 MiB.</summary>
    public int BlockBytes { get; init; } = 8 << 20;

    /// <summary>Bytes asked for at a time in a download, at least 1 MiB; they are not held in memory. Default 32 MiB.</summary>
    public long RangeBytes { get; init; } = 32L << 20;

    /// <summary>Longest time an answer may take to begin, and to go on. Default 100 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>Told of what goes wrong and is tried again. Called from any thread.</summary>
    public Action<RetryNotice>? OnRetry { get; init; }

    /// <summary>Name and version of the program, for the server's log.</summary>
    public string Program { get; init; } = "katanemimena-client";
}

/// <summary>Something went wrong and is tried again.</summary>
/// <param name="Reason">What went wrong: text of the server's may be in it.</param>
/// <param name="Attempt">The attempt that failed, from 1.</param>
/// <param name="Wait">Time until the next one.</param>
public sealed record RetryNotice(string Reason, int Attempt, TimeSpan Wait);
