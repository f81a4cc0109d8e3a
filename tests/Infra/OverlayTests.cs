using Katanemimena.Tests.Infra.Rules;
using Xunit;

namespace Katanemimena.Tests.Infra;

/// <summary>Every overlay renders and keeps the rules.</summary>
public sealed class OverlayTests
{
    /// <summary>All rules.</summary>
    internal static readonly Func<Cluster, IEnumerable<string>>[] Rules = [PodRules.Violations, SecretRules.Violations, NameRules.Violations, ScalingRules.Violations, NetworkRules.Violations];

    public static TheoryData<string> Overlays => [.. Cluster.Overlays];

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Overlay_keeps_all_rules(string overlay)
    {
        Cluster cluster = Cluster.Render(overlay);
        Assert.Empty(Rules.SelectMany(rule => rule(cluster)));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Overlay_names_no_object_twice(string overlay) =>
        Assert.Empty(Cluster.Render(overlay).Resources.GroupBy(resource => resource.Id).Where(group => group.Count() > 1).Select(group => group.Key));

    [Fact]
    public void There_is_an_overlay_for_each_cluster_and_each_way_to_scale() => Assert.Equal(["azure", "azure-jobs", "dev", "dev-jobs"], Cluster.Overlays);

    [Theory]
    [InlineData("dev")]
    [InlineData("azure")]
    public void Worker_as_a_Job_is_the_worker_as_a_Deployment_but_for_its_end(string cluster)
    {
        Cluster deployments = Cluster.Render(cluster);
        Cluster jobs = Cluster.Render($"{cluster}-jobs");
        foreach (string name in new[] { "mapper", "reducer" })
        {
            System.Text.Json.Nodes.JsonNode job = jobs.Find($"ScaledJob/{name}")!.Template!;
            job.Set("spec/restartPolicy", null);
            job.Set("spec/containers/0/command", null);
            job.Set("spec/containers/0/image", job.Text("spec/containers/0/image")!.Replace("worker-plain", "worker", StringComparison.Ordinal));
            Assert.Equal(deployments.Find($"Deployment/{name}")!.Template!.ToJsonString(), job.ToJsonString());
        }
    }

    [Fact]
    public void Emulator_of_the_storage_account_is_the_one_that_the_tests_run_against() =>
        Assert.Contains(
            Repository.Read("tests/services/package.json").Split('"').SkipWhile(word => word != "azurite").ElementAt(2),
            Cluster.Render("dev").Find("StatefulSet/azurite")!.Template.Text("spec/containers/0/image"));
}
