using System.CommandLine;
using Katanemimena.Cli.Display;
using Katanemimena.Cli.Options;

namespace Katanemimena.Cli.Remote;

/// <summary>How a listing or a status is shown: <c>--output json</c>, or <c>--json</c>, which also works where <c>--output</c> names a file.</summary>
internal sealed class OutputFormat
{
    private static readonly (string, bool)[] Formats = [("text", false), ("json", true)];

    private readonly Option<string> _output = new("--output") { Description = "text, or json for programs. [text]", HelpName = "FORMAT" };

    /// <summary>The short form.</summary>
    public Option<bool> Json { get; } = new("--json") { Description = "Write JSON, for programs." };

    /// <summary>Both options.</summary>
    public Symbol[] Options => [_output, Json];

    /// <summary>What was asked for.</summary>
    public Listing Read(ParseResult parsed) => new(parsed.GetValue(Json) || (new OptionValues(parsed).Choice(_output, Formats) ?? false));

    /// <summary>What was asked for, of a command whose <c>--output</c> is a file.</summary>
    public Listing ReadShort(ParseResult parsed) => new(parsed.GetValue(Json));

    /// <summary>The file that <c>--output</c> names, of a command where it names one. A format, as other commands take it, would become a file of that name unasked.</summary>
    /// <param name="given">What was given; null if nothing was.</param>
    /// <param name="remedy">How this command is asked for JSON.</param>
    /// <exception cref="CommandError">It is the name of a format.</exception>
    public static string? File(string? given, string remedy) =>
        Array.Exists(Formats, format => format.Item1 == given) ? throw CommandError.Usage($"--output {given}: names a file here; {remedy}, and a file of that name is ./{given}") : given;
}
