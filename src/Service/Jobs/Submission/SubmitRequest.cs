namespace Katanemimena.Service;

/// <summary>Where a program of a job comes from.</summary>
public abstract record ProgramSource
{
    /// <summary>Most bytes of a program: 4 MiB.</summary>
    public const int BytesMax = 4 << 20;

    private ProgramSource()
    {
    }

    /// <summary>It was sent along.</summary>
    /// <param name="Name">Its own name.</param>
    /// <param name="Content">Its bytes, at most <see cref="BytesMax"/>.</param>
    public sealed record Sent(string Name, ReadOnlyMemory<byte> Content) : ProgramSource;

    /// <summary>A datafile of the owner's holds it.</summary>
    public sealed record Datafile(string Name) : ProgramSource;

    /// <summary>A command line whose first word workers find on their PATH.</summary>
    public sealed record Command(string Line) : ProgramSource;
}

/// <summary>A job as somebody asks for it.</summary>
public sealed record SubmitRequest
{
    /// <summary>Whose job it is to be.</summary>
    public required string Owner { get; init; }

    /// <summary>How they stood when the request came.</summary>
    public required UserStanding Standing { get; init; }

    /// <summary>The mapper.</summary>
    public required ProgramSource Mapper { get; init; }

    /// <summary>The reducer; null for the identity.</summary>
    public ProgramSource? Reducer { get; init; }

    /// <summary>The combiner, or null.</summary>
    public ProgramSource? Combiner { get; init; }

    /// <summary>Names or globs of the owner's datafiles, in the order of their records.</summary>
    public IReadOnlyList<string> Data { get; init; } = [];

    /// <summary>The options.</summary>
    public required JobOptionTexts Options { get; init; }

    /// <summary>Makes the request sent twice one job; null for a new job each time.</summary>
    public RequestKey? Key { get; init; }
}

/// <summary>What makes the same request known again.</summary>
/// <param name="Kind">Keeps keys of different origins apart.</param>
/// <param name="Text">The key itself.</param>
public sealed record RequestKey(string Kind, string Text)
{
    /// <summary>Longest key that a user may choose, in characters.</summary>
    public const int LengthMax = 200;

    /// <summary>A key that a user chose.</summary>
    /// <exception cref="JobRefused">It is empty or longer than <see cref="LengthMax"/>.</exception>
    public static RequestKey Chosen(string text, string field) => text.Length is > 0 and <= LengthMax
        ? new RequestKey("chosen", text)
        : throw JobRefused.Invalid(field, $"has {text.Length} characters; 1 to {LengthMax} are wanted");

    /// <summary>The key of a message without one of its own: what it says.</summary>
    public static RequestKey OfMessage(ReadOnlySpan<byte> body) => new("message", Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(body)));
}
