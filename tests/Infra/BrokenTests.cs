using System.Text.Json.Nodes;
using Xunit;

namespace Katanemimena.Tests.Infra;

/// <summary>Every rule refuses what it is there for: <c>broken.yaml</c> has the ways to break manifests.</summary>
public sealed class BrokenTests
{
    public static TheoryData<string> Ways => [.. Cases.Select(way => way.ToJsonString())];

    private static IEnumerable<JsonNode> Cases => ((JsonArray)Yaml.Read(Repository.Read("tests/Infra/broken.yaml")).Single()).OfType<JsonNode>();

    [Fact]
    public void Selector_with_an_operator_that_is_not_known_is_refused()
    {
        Cluster cluster = Cluster.Render("dev");
        cluster.Find("NetworkPolicy/to-etcd")!.Json.Set("spec/podSelector/matchExpressions/0/operator", "Within");
        Assert.Contains("Within", Assert.Throws<NotSupportedException>(() => OverlayTests.Rules.SelectMany(rule => rule(cluster)).ToList()).Message, StringComparison.Ordinal);
    }

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
