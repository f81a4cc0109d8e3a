using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace Katanemimena.Tests.Architecture;

/// <summary>Rules that every source file keeps.</summary>
public sealed partial class SourceRules
{
    private const int LinesMax = 500;

    [Fact]
    public void Vendors_are_not_named_in_core_data_path_and_orchestration() =>
        Repository.None(Repository.Lines(VendorName, "src/Core", "src/DataPath", "src/Orchestration"), "vendors' types behind no port");

    [Theory]
    [InlineData("using SQLitePCL;", true)]
    [InlineData("using Microsoft.Data.Sqlite;", true)]
    [InlineData("var queue = new Azure.Storage.Queues.QueueClient();", true)]
    [InlineData("global using Spectre.Console;", true)]
    [InlineData("using Microsoft.Win32.SafeHandles;", false)]
    [InlineData("using System.Text.Json;", false)]
    [InlineData("/// as in <c>Azure.Storage</c>", false)]
    public void Rule_tells_vendors_from_the_platform(string line, bool vendor) => Assert.Equal(vendor, Repository.Matches(VendorName, line).Any());

    [Fact]
    public void Compiler_insists_on_docs_and_knows_no_warnings()
    {
        XElement shared = XElement.Parse(Repository.Read("Directory.Build.props"));
        foreach (string property in new[] { "GenerateDocumentationFile", "TreatWarningsAsErrors", "EnforceCodeStyleInBuild", "RestorePackagesWithLockFile" })
        {
            Assert.Equal("true", shared.Descendants(property).Single().Value);
        }

        Assert.Equal("enable", shared.Descendants("Nullable").Single().Value);
        Repository.None(
            from project in Repository.Projects
            where project.Name.StartsWith("src/", StringComparison.Ordinal)
            from element in project.Xml.Descendants()
            where element.Name.LocalName is "NoWarn" or "WarningsNotAsErrors" or "GenerateDocumentationFile" or "TreatWarningsAsErrors" or "Nullable"
            select $"{project.Name}: {element}",
            "projects that loosen the compiler's rules");
        Repository.None(Repository.Lines(UndocumentedAllowed, "src"), "files that switch the docs of public members off");
    }

    [Fact]
    public void Every_project_has_its_lock_file() =>
        Repository.None(
            Repository.Projects.Select(project => $"{project.Name}/packages.lock.json").Where(file => !File.Exists(Path.Combine(Repository.Root, file))),
            "lock files that are missing");

    [Fact]
    public void No_file_is_longer_than_500_lines() =>
        Repository.None(
            from file in Repository.Files("*.cs")
            let lines = Repository.Read(file).AsSpan().Count('\n')
            where lines > LinesMax
            select $"{file}: {lines} lines",
            $"files of more than {LinesMax} lines");

    [Fact]
    public void Nothing_is_left_to_be_done() => Repository.None(
        from file in Repository.Files("*.cs", "src")
        from line in Repository.Read(file).Split('\n').Select((text, index) => (Text: text.Trim(), Number: index + 1))
        where Unfinished.IsMatch(line.Text)
        select $"{file}:{line.Number}: {line.Text}",
        "work left undone");

    [Fact]
    public void Tests_neither_sleep_nor_throw_dice_nor_skip() =>
        Repository.None(Repository.Lines(FlakyCall, "tests"), "tests that sleep by the real clock, are random without a seed, or are skipped");

    [Theory]
    [InlineData("Thread." + "Sleep(10);", true)]
    [InlineData("await Task." + "Delay(TimeSpan.FromSeconds(1));", true)]
    [InlineData("await Task." + "Delay(TimeSpan.FromSeconds(1), world.Clock);", false)]
    [InlineData("int n = new Random" + "().Next();", true)]
    [InlineData("int n = new Random" + "(7).Next();", false)]
    [InlineData("Random." + "Shared.Next();", true)]
    [InlineData("\"\"\"\nThread." + "Sleep(1);\n\"\"\"", false)]
    [InlineData("\"\"\"\nany\n\"\"\"; Thread." + "Sleep(1);", true)]
    [InlineData("[Fact(Skip" + " = \"later\")]", true)]
    public void Rule_tells_flaky_calls_from_good_ones(string line, bool flaky) => Assert.Equal(flaky, Repository.Matches(FlakyCall, line).Any());

    /// <summary>Names of vendors' namespaces; the platform's own <c>Microsoft.Win32</c> is none.</summary>
    [GeneratedRegex(@"\b(Microsoft\.(?!Win32\b)\w+|Azure\.\w+|SQLitePCL\b|Spectre\.\w+|System\.CommandLine\b|Grpc\.\w+|k8s\.\w+|Etcdserverpb\b|OpenTelemetry\b|Polly\b|YamlDotNet\b)")]
    private static partial Regex VendorName { get; }

    [GeneratedRegex(@"#pragma\s+warning\s+disable.*CS1591")]
    private static partial Regex UndocumentedAllowed { get; }

    [GeneratedRegex(@"\b(TODO|FIXME|XXX|HACK|NotImplementedException)\b")]
    private static partial Regex Unfinished { get; }

    [GeneratedRegex(@"\bThread\s*\.\s*Sleep\b|\bTask\s*\.\s*Delay\s*\((?!.*[Cc]lock)|\bnew\s+Random\s*\(\s*\)|\bRandom\s*\.\s*Shared\b|\bSkip\s*=\s*""")]
    private static partial Regex FlakyCall { get; }
}
