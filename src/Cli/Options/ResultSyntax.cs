using System.CommandLine;
using Katanemimena.DataPath;

namespace Katanemimena.Cli.Options;

/// <summary>The options that say where and how a result is written, wherever the job ran.</summary>
/// <param name="forced">What <c>--force</c> replaces.</param>
/// <param name="alsoOutput">What <c>--output</c> means besides, with a blank before it.</param>
internal sealed class ResultSyntax(string forced = "the output if it exists", string alsoOutput = "")
{
    private static readonly (string, ResultFormat)[] Formats = [("tsv", ResultFormat.Tsv), ("json", ResultFormat.Json), ("jsonl", ResultFormat.Jsonl)];

    private readonly Option<string> _output = JobSyntax.Text("--output", "FILE", $"Where the result goes; - for standard output. [-]{alsoOutput}");
    private readonly Option<string> _format = JobSyntax.Text("--format", "FORMAT", "tsv, json (one object) or jsonl (an object a line). [tsv]");
    private readonly Option<bool> _force = new("--force") { Description = $"Replace {forced}." };

    /// <summary>All of them but <c>--force</c>, in the order of the help text.</summary>
    public Option[] Place => [_output, _format];

    /// <summary>Whether files that exist are replaced.</summary>
    public Option<bool> Force => _force;

    /// <summary>A path, or <c>-</c> for standard output; null if it was not given.</summary>
    public string? Output(OptionValues values) => values.Text(_output) is { } given ? StandardNames.OfOutput(given) : null;

    /// <summary>The format; tsv unless said otherwise.</summary>
    public ResultFormat Format(OptionValues values) => values.Choice(_format, Formats) ?? ResultFormat.Tsv;
}
