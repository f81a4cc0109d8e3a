namespace Katanemimena.Cli.Display;

/// <summary>How a word stands out.</summary>
internal enum Colour
{
    /// <summary>It does not.</summary>
    None = 0,

    /// <summary>What went wrong.</summary>
    Red = 31,

    /// <summary>What is done.</summary>
    Green = 32,

    /// <summary>What was given up.</summary>
    Yellow = 33,

    /// <summary>What is under way.</summary>
    Cyan = 36,
}

/// <summary>Colours on standard output: only on a terminal, and not if <c>NO_COLOR</c> is set.</summary>
internal static class Colours
{
    private static readonly bool On = !Console.IsOutputRedirected
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    /// <summary>The word in its colour.</summary>
    public static string Paint(string word, Colour colour) => !On || colour == Colour.None ? word : $"\x1b[{(int)colour}m{word}\x1b[0m";

    /// <summary>The colour of a job's state.</summary>
    public static Colour OfState(string state) => state switch
    {
        "completed" => Colour.Green,
        "failed" => Colour.Red,
        "cancelled" => Colour.Yellow,
        _ => Colour.Cyan,
    };
}
