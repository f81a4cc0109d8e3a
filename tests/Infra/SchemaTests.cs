using Xunit;

namespace Katanemimena.Tests.Infra;

/// <summary>Manifests are what the APIs of Kubernetes and KEDA take, by the models of npm's @kubernetes-models (tests/infra-schemas).</summary>
public sealed class SchemaTests
{
    public static TheoryData<string> Overlays => [.. Cluster.Overlays];

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Overlay_is_valid(string overlay)
    {
        Finished validation = Validate(Cluster.Render(overlay).ToJson());
        Assert.Equal(("", "", 0), (validation.Output, validation.Error, validation.Code));
    }

    [Fact]
    public void Workers_with_a_sandbox_are_valid_and_the_workers_without_one_but_for_what_it_takes()
    {
        Cluster plain = Cluster.RenderFolder("infra/k8s/workers");
        Cluster sandbox = Cluster.RenderFolder("infra/k8s/workers-sandbox");
        Finished validation = Validate(sandbox.ToJson());
        Assert.Equal(("", "", 0), (validation.Output, validation.Error, validation.Code));
        foreach (Workload worker in sandbox.Workloads)
        {
            Assert.True(worker.Pod.Is("hostUsers", false));
            Assert.Equal("required", sandbox.EnvironmentOf(worker.Containers.Single())["SANDBOX"]);
            worker.Template.Set("spec/hostUsers", null);
            worker.Template.Set("spec/securityContext/appArmorProfile", null);
            worker.Template.Set("spec/securityContext/seccompProfile/type", "RuntimeDefault");
            worker.Template.Set("spec/containers/0/securityContext/procMount", null);
            worker.Template.Set("spec/containers/0/env/0", null);
        }

        Assert.Equal(plain.ToJson(), sandbox.ToJson());
    }

    [Fact]
    public void Wrong_types_unknown_fields_and_unknown_kinds_are_refused()
    {
        Cluster cluster = Cluster.Render("dev-jobs");
        Set(cluster, "ScaledJob/mapper", "spec/pollingInterval", "often");
        Set(cluster, "ScaledJob/reducer", "spec/jobTargetRef/template/spec/containers/0/imag", "katanemimena/worker:1");
        Set(cluster, "StatefulSet/manager", "spec/template/spec/containers/0/readinessProbe/periodSecond", 5);
        Set(cluster, "NetworkPolicy/dns", "spec/egress/0/ports/0/protocol", 17);
        Set(cluster, "PodDisruptionBudget/api", "kind", "PodDisruptionBudge");
        Set(cluster, "TriggerAuthentication/queues", "spec/secretTargetRef/0/parameter", null);
        Finished validation = Validate(cluster.ToJson());
        Assert.Equal(1, validation.Code);
        foreach (string expected in new[] { "ScaledJob mapper: ", "ScaledJob reducer: ", "StatefulSet manager: ", "NetworkPolicy dns: ", "PodDisruptionBudge api: there is no such kind", "TriggerAuthentication queues: " })
        {
            Assert.Contains(expected, validation.Output, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(" api: data", validation.Output, StringComparison.Ordinal);
    }

    private static void Set(Cluster cluster, string id, string path, System.Text.Json.Nodes.JsonNode? value) => cluster.Find(id)!.Json.Set(path, value);

    private static Finished Validate(string json) => Command.Run("node", ["tests/infra-schemas/validate.mjs"], json);
}
