using System.Text;
using System.Text.RegularExpressions;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>What can be told of a Python file from its text alone, without running it.</summary>
internal static partial class PythonText
{
    /// <summary>The contract whose function for this role stands at the file's top level, or null if there is neither.</summary>
    public static CodeContract? Recognise(ReadOnlySpan<byte> source, string role)
    {
        HashSet<string> names = [.. TopLevel().Matches(Encoding.UTF8.GetString(source)).Select(match => match.Groups["name"].Value)];
        return role switch
        {
            "mapper" => Pick(names.Contains("mapper"), names.Contains("map")),
            "combiner" => Pick(names.Contains("combiner") || names.Contains("reducer"), names.Contains("combine") || names.Contains("reduce")),
            _ => Pick(names.Contains("reducer"), names.Contains("reduce")),
        };
    }

    /// <summary>Whether it looks like a script: a <c>#!</c> line, or a mention of stdin.</summary>
    public static bool ReadsStandardInput(ReadOnlySpan<byte> source) =>
        source.StartsWith("#!"u8) || source.IndexOf("stdin"u8) >= 0 || source.IndexOf("fileinput"u8) >= 0 || source.IndexOf("input("u8) >= 0;

    private static CodeContract? Pick(bool functions, bool generators) =>
        functions ? CodeContract.PythonFunctions : generators ? CodeContract.PythonGenerators : null;

    [GeneratedRegex(@"^(?:(?:async\s+)?def\s+(?<name>\w+)\s*\(|(?<name>\w+)\s*=(?!=)|from\s+\S+\s+import\s.*?\b(?<name>mapper|map|reducer|reduce|combiner|combine)\b)", RegexOptions.Multiline)]
    private static partial Regex TopLevel();
}
