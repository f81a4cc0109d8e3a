using Katanemimena.Wire;

namespace Katanemimena.Client;

/// <summary>A job to be submitted.</summary>
public sealed record JobSubmission
{
    /// <summary>Names or globs of datafiles, in the order of their records.</summary>
    public IReadOnlyList<string> Data { get; init; } = [];

    /// <summary>Data that is sent along, after <see cref="Data"/>; what goes beyond a submission's 32 MiB has to be a datafile.</summary>
    public IReadOnlyList<ProgramSource.Sent> Input { get; init; } = [];

    /// <summary>The mapper.</summary>
    public required ProgramSource Mapper { get; init; }

    /// <summary>The reducer; null for the identity.</summary>
    public ProgramSource? Reducer { get; init; }

    /// <summary>The combiner, or null.</summary>
    public ProgramSource? Combiner { get; init; }

    /// <summary>The options.</summary>
    public JobOptionsDocument Options { get; init; } = new();

    /// <summary>Makes a submission that is sent twice one job; at most 200 characters. A new one for each submission, unless given.</summary>
    public string IdempotencyKey { get; init; } = Guid.NewGuid().ToString("N");
}

/// <summary>Where a program comes from: exactly one of the three.</summary>
public abstract record ProgramSource
{
    private ProgramSource()
    {
    }

    /// <summary>A file that is sent along.</summary>
    /// <param name="Name">Its own name, whose extension helps to recognise the contract.</param>
    /// <param name="Content">Its bytes.</param>
    public sealed record Sent(string Name, ReadOnlyMemory<byte> Content) : ProgramSource;

    /// <summary>A datafile of the server.</summary>
    /// <param name="Name">Its name.</param>
    public sealed record OfDatafile(string Name) : ProgramSource;

    /// <summary>A command that workers have.</summary>
    /// <param name="Line">With its arguments.</param>
    public sealed record Command(string Line) : ProgramSource;
}
