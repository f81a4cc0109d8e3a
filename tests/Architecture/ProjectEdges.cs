using System.Xml.Linq;
using Xunit;

namespace Katanemimena.Tests.Architecture;

/// <summary>Dependencies run one way, and vendors' packages stay behind their port.</summary>
public sealed class ProjectEdges
{
    /// <summary>What each project of the product may reference; null for any project of the product.</summary>
    private static readonly Dictionary<string, string[]?> References = new()
    {
        ["src/Core"] = [],
        ["src/Sdk"] = [],
        ["src/DataPath"] = ["src/Core"],
        ["src/Orchestration"] = ["src/Core", "src/DataPath"],
        ["src/Runners"] = ["src/Core", "src/DataPath", "src/Sdk"],
        ["src/DotNetHost"] = ["src/Core", "src/Runners", "src/Sdk"],
        ["src/Adapters.InMemory"] = ["src/Core"],
        ["src/Adapters.FileSystem"] = ["src/Core"],
        ["src/Adapters.Sqlite"] = ["src/Core"],
        ["src/Adapters.Etcd"] = ["src/Core"],
        ["src/Adapters.AzureQueue"] = ["src/Core"],
        ["src/TriggerHost"] = ["src/Core"],
        ["src/Hosting"] = ["src/Core", "src/Orchestration", "src/TriggerHost", "src/Adapters.AzureQueue", "src/Adapters.Etcd", "src/Adapters.FileSystem"],
        ["functions"] = null,
        ["worker-functions"] = null,
        ["src/Access"] = ["src/Core"],
        ["src/Wire"] = [],
        ["src/Client"] = ["src/Wire"],
        ["src/Service"] = ["src/Core", "src/DataPath", "src/Orchestration", "src/Runners", "src/Wire"],
        ["src/Api"] = ["src/Core", "src/Access", "src/Orchestration", "src/Service", "src/TriggerHost", "src/Wire"],
        ["src/Server"] = null,
        ["src/Cli"] = null,
    };

    /// <summary>What each project of the product may take from the package source; analyzers ship nothing.</summary>
    private static readonly Dictionary<string, string[]> Packages = new()
    {
        ["src/Core"] = ["Microsoft.CodeAnalysis.BannedApiAnalyzers"],
        ["src/Orchestration"] = ["Microsoft.CodeAnalysis.BannedApiAnalyzers"],
        ["src/Runners"] = ["Microsoft.CodeAnalysis.CSharp", "Microsoft.CodeAnalysis.Analyzers"],
        ["src/Adapters.Sqlite"] = ["SQLitePCLRaw.core", "SQLitePCLRaw.bundle_e_sqlite3"],
        ["src/Adapters.AzureQueue"] = ["Azure.Storage.Queues", "Azure.Identity"],
        ["src/Access"] = ["Microsoft.IdentityModel.JsonWebTokens"],
        ["src/Cli"] = ["System.CommandLine", "Spectre.Console"],
    };

    /// <summary>Programs that the bench has the product run; its tests build them, each from one file.</summary>
    private const string BenchPrograms = "bench/programs/";

    private static readonly string[] TestProjects =
        ["tests/Adapters", "tests/Architecture", "tests/Bench", "tests/Cluster", "tests/Contracts", "tests/EndToEnd", "tests/Faults", "tests/Infra", "tests/Simulation", "tests/Unit"];

    [Fact]
    public void Every_edge_between_projects_is_one_that_the_design_allows() =>
        Repository.None(Repository.Projects.SelectMany(ForbiddenEdges), "edges between projects that the design does not allow");

    [Fact]
    public void Every_project_is_known() =>
        Repository.None(
            Repository.Projects.Select(project => project.Name).Where(name => !References.ContainsKey(name) && !TestProjects.Contains(name) && !IsBench(name)),
            "projects that no rule knows: add them to the design and to this test");

    [Fact]
    public void Every_rule_is_about_a_project_that_exists() =>
        Repository.None(References.Keys.Concat(TestProjects).Except(Repository.Projects.Select(project => project.Name)), "rules about projects that do not exist");

    [Fact]
    public void Packages_stay_in_the_project_that_wraps_them() =>
        Repository.None(
            from project in Repository.Projects
            where References.ContainsKey(project.Name)
            from package in project.Packages.Except(Packages.GetValueOrDefault(project.Name, []))
            select $"{project.Name} → {package}",
            "packages in projects that may not use them");

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string solution = Repository.Read("Functions.sln").Replace('\\', '/');
        Repository.None(
            Repository.Projects.Select(project => project.File)
                .Where(file => !file.StartsWith(BenchPrograms, StringComparison.Ordinal) && !solution.Contains($"\"{file}\"", StringComparison.Ordinal)),
            "projects missing from Functions.sln");
    }

    [Theory]
    [InlineData("src/Core", "../DataPath/DataPath.csproj", false)]
    [InlineData("src/Sdk", "../Core/Core.csproj", false)]
    [InlineData("src/DataPath", "../Orchestration/Orchestration.csproj", false)]
    [InlineData("src/Orchestration", "../Runners/Runners.csproj", false)]
    [InlineData("src/Orchestration", "../Adapters.Sqlite/Adapters.Sqlite.csproj", false)]
    [InlineData("src/Adapters.Sqlite", "../Adapters.FileSystem/Adapters.FileSystem.csproj", false)]
    [InlineData("src/Cli", "../../tests/Contracts/Contracts.csproj", false)]
    [InlineData("tests/Unit", "../Adapters/Adapters.csproj", false)]
    [InlineData("src/Cli", "../../bench/Bench/Bench.csproj", false)]
    [InlineData("tests/Unit", "../../bench/Bench/Bench.csproj", false)]
    [InlineData("tests/Bench", "../../bench/Bench/Bench.csproj", true)]
    [InlineData("tests/Unit", "../Contracts/Contracts.csproj", true)]
    [InlineData("src/Cli", "../Runners/Runners.csproj", true)]
    [InlineData("src/Orchestration", "../DataPath/DataPath.csproj", true)]
    public void Rule_tells_good_edges_from_bad(string from, string to, bool allowed)
    {
        Project project = new($"{from}/any.csproj", new XElement("Project", new XElement("ProjectReference", new XAttribute("Include", to))));
        Assert.Equal(allowed, !ForbiddenEdges(project).Any());
    }

    private static IEnumerable<string> ForbiddenEdges(Project project) =>
        project.References.Where(to => !MayReference(project.Name, to)).Select(to => $"{project.Name} → {to}");

    private static bool MayReference(string from, string to) =>
        References.TryGetValue(from, out string[]? allowed)
            ? References.ContainsKey(to) && (allowed?.Contains(to) ?? true)
            : References.ContainsKey(to) || to == "tests/Contracts" || (IsBench(to) && (IsBench(from) || from == "tests/Bench"));

    private static bool IsBench(string name) => name.StartsWith("bench/", StringComparison.Ordinal) || name == "bench";
}
