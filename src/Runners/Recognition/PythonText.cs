using System.Text.RegularExpressions;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>What can be told of a Python file from its text alone, without running it.</summary>
internal static partial class PythonText
{
    /// <summary>The contract whose function for this role stands at the file's top level, or null if there is neither.</summary>
    /// <remarks>A function that takes nothing, as scripts that read their input have them, is none, and neither are Python's own <c>map</c> and <c>reduce</c>.</remarks>
    public static CodeContract? Recognise(ReadOnlySpan<byte> source, string role)
    {
        HashSet<string> names = [.. TopLevel().Matches(PythonStatements.Of(source)).SelectMany(match => match.Groups["name"].Captures).Select(name => name.Value)];
        return role switch
        {
            "mapper" => Pick(names.Contains("mapper"), names.Contains("map")),
            "combiner" => Pick(names.Contains("combiner") || names.Contains("reducer"), names.Contains("combine") || names.Contains("reduce")),
            _ => Pick(names.Contains("reducer"), names.Contains("reduce")),
        };
    }

    /// <summary>Whether it reads standard input by name: <c>sys.stdin</c>, <c>fileinput</c>, a call of <c>input</c>, <c>open(0)</c> or <c>os.read(0, …)</c>. Comments and strings do not count.</summary>
    public static bool ReadsStandardInput(ReadOnlySpan<byte> source) => StandardInput().IsMatch(PythonStatements.Of(source));

    /// <summary>The functions it has at its top level, in their order.</summary>
    public static IReadOnlyList<string> Functions(ReadOnlySpan<byte> source) => [.. Function().Matches(PythonStatements.Of(source)).Select(match => match.Groups["name"].Value)];

    private static CodeContract? Pick(bool functions, bool generators) =>
        functions ? CodeContract.PythonFunctions : generators ? CodeContract.PythonGenerators : null;

    [GeneratedRegex(@"^(?:(?:async\s+)?def\s+(?<name>\w+)\s*\((?!\s*\))|class\s+(?<name>\w+)|(?<name>\w+)\s*(?::[^\n=]*)?=(?!=)|(?:from\s+(?!(?:functools|(?:past\.|future\.)?builtins|six\.moves)\s)\S+\s+)?import\b(?:[^\n]*?\b(?<name>mapper|map|reducer|reduce|combiner|combine)\b(?!\s+as\b))+)", RegexOptions.Multiline)]
    private static partial Regex TopLevel();

    [GeneratedRegex(@"^(?:async\s+)?def\s+(?<name>\w+)\s*\(", RegexOptions.Multiline)]
    private static partial Regex Function();

    [GeneratedRegex(
        @"\bsys\s*\.\s*(?:__)?stdin\b|\bfrom\s+sys\s+import\b[^\n]*\bstdin\b|\bimport\b[^\n]*\bsys\s+as\s+(?<sys>\w+)(?s:.*)\b\k<sys>\s*\.\s*stdin\b"
        + @"|\bimport\b[^\n]*\bfileinput\b|\bfrom\s+fileinput\s+import\b|(?<![\w.])(?<!\bdef\s+)input\s*\(|(?<!\w)open\s*\(\s*(?:0\s*[,)]|""/dev/stdin"")|\bos\s*\.\s*(?:read|fdopen)\s*\(\s*0\s*[,)]")]
    private static partial Regex StandardInput();
}
