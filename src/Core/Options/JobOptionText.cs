namespace Katanemimena.Core;

/// <summary>The options of a job as people write them, each with its range: one set, whether they come from the command line, a form or a message.</summary>
/// <remarks>Each is null when it was not given; what then holds is the caller's to say.</remarks>
public static class JobOptionText
{
    private const string Automatic = "auto";

    /// <summary>What may be asked of the sandbox.</summary>
    public static readonly (string Word, SandboxDemand Value)[] Sandboxes =
        [("preferred", SandboxDemand.Preferred), ("required", SandboxDemand.Required), ("off", SandboxDemand.Off)];

    /// <summary><see cref="JobOptions.ChunkBytes"/>: 1 KiB to 1 TiB, or <c>auto</c>.</summary>
    public static long? ChunkBytes(string? text, OptionRefusal refused) => OptionText.Size(text, 1L << 10, 1L << 40, refused, Automatic);

    /// <summary><see cref="JobOptions.Reducers"/>: 1 to 1,000, or <c>auto</c>.</summary>
    public static int? Reducers(string? text, OptionRefusal refused) => OptionText.Integer(text, 1, 1000, refused, Automatic);

    /// <summary><see cref="JobOptions.Workers"/>: 1 to 1,000.</summary>
    public static int? Workers(string? text, OptionRefusal refused) => OptionText.Integer(text, 1, 1000, refused);

    /// <summary>The same where workers are a server's, so that <c>auto</c> means something.</summary>
    public static int? WorkersOfServer(string? text, OptionRefusal refused) => OptionText.Integer(text, 1, 1000, refused, Automatic);

    /// <summary><see cref="JobOptions.MemoryBytes"/>: 16 MiB to 1 TiB.</summary>
    public static long? MemoryBytes(string? text, OptionRefusal refused) => OptionText.Size(text, 16L << 20, 1L << 40, refused);

    /// <summary><see cref="JobOptions.SkipBadRecordsMax"/>: 0 to a billion.</summary>
    public static int? SkipBadRecordsMax(string? text, OptionRefusal refused) => OptionText.Integer(text, 0, 1_000_000_000, refused);

    /// <summary><see cref="JobOptions.AttemptsMax"/>: 1 to 100.</summary>
    public static int? AttemptsMax(string? text, OptionRefusal refused) => OptionText.Integer(text, 1, 100, refused);

    /// <summary><see cref="JobOptions.TaskTimeout"/>: 1 s to 24 h.</summary>
    public static TimeSpan? TaskTimeout(string? text, OptionRefusal refused) => OptionText.Duration(text, TimeSpan.FromSeconds(1), TimeSpan.FromHours(24), refused);
}
