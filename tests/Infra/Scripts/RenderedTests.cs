using System.Text.Json.Nodes;
using Xunit;

namespace Katanemimena.Tests.Infra.Scripts;

/// <summary>What infra/up applies: the overlay's manifests with its own names of images, and pods that are replaced where image or settings have changed.</summary>
public sealed class RenderedTests : IDisposable
{
    private const string Digest = "spec/template/metadata/annotations/katanemimena~1settings";

    private readonly RecordingKubectl _kubectl = new();
    private readonly DirectoryInfo _copy = Directory.CreateTempSubdirectory("katanemimena-sources-");

    public static TheoryData<string> Overlays => [.. Cluster.Overlays];

    public void Dispose()
    {
        _kubectl.Dispose();
        _copy.Delete(recursive: true);
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Manifests_are_the_overlays_but_for_images_and_what_pods_have_read(string overlay)
    {
        Cluster applied = Applied("infra/up", "--overlay", overlay, "--tag", "0.1.0");
        Finished validation = Command.Run("node", ["tests/infra-schemas/validate.mjs"], applied.ToJson());
        Assert.Equal(("", "", 0), (validation.Output, validation.Error, validation.Code));
        foreach (Workload workload in applied.Workloads)
        {
            Assert.Equal(ReadsSettings(workload), workload.Template.At("metadata/annotations") is not null);
            workload.Template.Set("metadata/annotations", new JsonObject());
            workload.Template.Set("metadata/annotations", null);
            foreach (JsonNode container in workload.AllContainers.Where(container => container.At("imagePullPolicy") is not null))
            {
                Assert.Equal("Never", container.Text("imagePullPolicy"));
                Assert.NotNull(Workload.ImageOf(container));
                container.Set("imagePullPolicy", null);
            }
        }

        Assert.Equal(Cluster.Render(overlay).ToJson(), applied.ToJson());
    }

    [Fact]
    public void Own_images_are_fetched_from_a_registry_only()
    {
        string[] Policies(params string[] registry) =>
        [
            .. Applied("infra/up", [.. registry]).Workloads.SelectMany(workload => workload.AllContainers)
                .Where(container => container.Text("image")!.Contains("katanemimena/", StringComparison.Ordinal)).Select(container => container.Text("imagePullPolicy") ?? "by the tag").Distinct(),
        ];
        Assert.Equal(["Never"], Policies());
        Assert.Equal(["by the tag"], Policies("--registry", "example.test/team"));
    }

    [Theory]
    [InlineData("infra/k8s/base/settings.yaml", "VOLUME_PATH: /volume", "VOLUME_PATH: /volumes", "Deployment/api", "Deployment/mapper", "Deployment/reducer", "Job/etcd-users", "StatefulSet/manager")]
    [InlineData("infra/k8s/base/settings.yaml", "ADMIN_NAME: admin", "ADMIN_NAME: boss", "Deployment/api", "StatefulSet/manager")]
    [InlineData("infra/k8s/base/settings.yaml", "SANDBOX: preferred", "SANDBOX: required", "Deployment/mapper", "Deployment/reducer")]
    [InlineData("infra/k8s/base/etcd.yaml", "RETENTION: 1h", "RETENTION: 2h", "StatefulSet/etcd")]
    [InlineData("infra/k8s/base/etcd-users.sh", "tries=60", "tries=61", "Job/etcd-users")]
    [InlineData("infra/k8s/base/api.yaml", "replicas: 2", "replicas: 3")]
    public void Pods_are_replaced_where_a_setting_that_they_read_has_changed(string file, string was, string now, params string[] replaced)
    {
        string up = CopyOf("infra");
        Dictionary<string, string?> before = Digests(up);
        Change(file, was, now);
        Dictionary<string, string?> after = Digests(up);
        Assert.Equal(replaced, before.Keys.Where(workload => before[workload] != after[workload]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Images_tag_changes_with_what_they_are_built_of_and_with_nothing_else()
    {
        string up = CopyOf("infra", "src/Sdk", "functions/Health", "worker-functions/Mapper", "eng/BannedSymbols.txt", ".dockerignore", ".editorconfig", "global.json", "host.json", "Directory.Build.props", "Directory.Packages.props");
        string tag = Tag(up);
        Assert.Matches("^[0-9a-f]{12}$", tag);
        Directory.CreateDirectory(Path.Join(_copy.FullName, "functions/obj"));
        File.WriteAllText(Path.Join(_copy.FullName, "functions/obj/a.json"), "built");
        File.WriteAllText(Path.Join(_copy.FullName, "functions/local.settings.json"), "secret");
        File.WriteAllText(Path.Join(_copy.FullName, "README.md"), "text");
        Assert.Equal(tag, Tag(up));
        HashSet<string> tags = [tag];
        foreach (string file in new[] { "functions/Health/function.json", "global.json", "infra/docker/Dockerfile", "src/Sdk/New.cs" })
        {
            File.AppendAllText(Path.Join(_copy.FullName, file), "\n");
            Assert.True(tags.Add(Tag(up)), file);
        }

        Assert.Equal("7.0", Tag(up, "--tag", "7.0"));
    }

    private static bool ReadsSettings(Workload workload) =>
        workload.Resource.Name != "azurite"; // all others have at least one ConfigMap

    private Cluster Applied(string up, params string[] arguments)
    {
        Finished run = _kubectl.Run(up, ["--dry-run", "--context", "kind-test", .. arguments]);
        Assert.Equal((RecordingKubectl.ToFillIn(arguments is ["--overlay", var overlay, ..] ? overlay : "dev"), 0), (run.Error, run.Code));
        string[] lines = run.Output.Split('\n');
        int first = Array.FindIndex(lines, line => line.StartsWith("+ kubectl apply -f - ", StringComparison.Ordinal)) + 1;
        return new Cluster([.. Yaml.Read(string.Join('\n', lines.Skip(first).TakeWhile(line => !line.StartsWith('+')))).Select(json => new Resource(json))]);
    }

    private Dictionary<string, string?> Digests(string up) => Applied(up, "--overlay", "azure", "--tag", "1").Workloads.ToDictionary(workload => workload.Id, workload => workload.Resource.Json.Text(Digest));

    private string Tag(string up, params string[] arguments) => Applied(up, arguments).Find("Deployment/api")!.Template.Text("spec/containers/0/image")!.Split(':')[1];

    /// <summary>Copies parts of the repository into a folder of the test's own.</summary>
    /// <returns>infra/up there.</returns>
    private string CopyOf(params string[] parts)
    {
        Command.Must("cp", ["-r", "--parents", .. parts, _copy.FullName]);
        return Path.Join(_copy.FullName, "infra/up");
    }

    private void Change(string file, string was, string now)
    {
        string path = Path.Join(_copy.FullName, file);
        string text = File.ReadAllText(path);
        Assert.Contains(was, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(was, now, StringComparison.Ordinal));
    }
}
