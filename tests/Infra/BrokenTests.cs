using System.Text.Json.Nodes;
using Xunit;

namespace Katanemimena.Tests.Infra;

/// <summary>Every rule refuses what it is there for: <c>broken.yaml</c> has the ways to break manifests.</summary>
public sealed class BrokenTests
{
    public static TheoryData<string> Ways => [.. Cases.Select(way => way.ToJsonString())];

    private static IEnumerable<JsonNode> Cases => ((JsonArray)Yaml.Read(Repository.Read("tests/Infra/broken.yaml")).Single()).OfType<JsonNode>();

    [Theory]
    [MemberData(nameof(Ways))]
    public void Broken_manifest_is_refused(string way)
    {
        JsonNode broken = JsonNode.Parse(way)!;
        Cluster cluster = Cluster.Render(broken.Text("in") ?? "dev");
        Resource resource = cluster.Find(broken.Text("of")!) ?? throw new ArgumentException($"there is no {broken.Text("of")}", nameof(way));
        resource.Json.Set(broken.Text("at")!, broken["to"]);
        Assert.Contains(OverlayTests.Rules.SelectMany(rule => rule(cluster)), violation => violation.Contains(broken.Text("says")!, StringComparison.Ordinal));
    }
}
