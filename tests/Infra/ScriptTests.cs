using Xunit;

namespace Katanemimena.Tests.Infra;

/// <summary>infra/up and infra/down say what they would do, and do it: against a kubectl that only writes down how it is called.</summary>
public sealed class ScriptTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("katanemimena-infra-").FullName;

    public static TheoryData<string> Overlays => [.. Cluster.Overlays];

    public static TheoryData<string> Scripts =>
    [
        "infra/up", "infra/down",
        .. new[] { "infra/lib", "infra/k8s/base" }.SelectMany(folder => Directory.EnumerateFiles(Path.Join(Repository.Root, folder), "*.sh")).Select(file => Path.GetRelativePath(Repository.Root, file)),
    ];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Scripts))]
    public void Script_is_well_formed(string script)
    {
        Finished check = Command.Run("bash", ["-n", script]);
        Assert.Equal(("", 0), (check.Error, check.Code));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Dry_run_prints_steps_in_order_and_asks_no_cluster(string overlay)
    {
        Finished up = Command.Run("infra/up", ["--dry-run", "--overlay", overlay, "--context", "kind-test"], environment: Recording());
        Assert.Equal(("", 0), (up.Error, up.Code));
        Assert.Equal([$"kustomize {Path.Join(Repository.Root, "infra/k8s/overlays", overlay)}"], Calls());
        string[] steps = ["docker build", "kind load docker-image --name test", "install KEDA", "namespace.yaml", "create secret access", "create secret etcd-tls", "kind: StatefulSet", "rollout status statefulset/etcd", "job/etcd-users", "statefulset/manager"];
        Assert.Equal(steps.Order().Select(step => (step, true)), steps.Order().Select(step => (step, up.Output.Contains(step, StringComparison.Ordinal))));
        int[] places = [.. steps.Select(step => up.Output.IndexOf(step, StringComparison.Ordinal))];
        Assert.Equal(places.Order(), places);
        Assert.Equal(overlay.StartsWith("dev", StringComparison.Ordinal), up.Output.Contains("create secret storage", StringComparison.Ordinal));
    }

    [Fact]
    public void Images_can_come_from_a_registry_and_without_the_runtime()
    {
        Finished up = Command.Run("infra/up", ["--dry-run", "--plain", "--registry", "example.test/team", "--tag", "2.0"], environment: Recording());
        Assert.Equal(0, up.Code);
        string[] images = [.. up.Output.Split('\n').Select(line => line.Trim()).Where(line => line.StartsWith("image: ", StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal)];
        Assert.Equal(
            ["image: example.test/team/katanemimena/etcd:2.0", "image: example.test/team/katanemimena/functions-plain:2.0", "image: example.test/team/katanemimena/worker-plain:2.0"],
            images.Where(image => image.Contains("katanemimena", StringComparison.Ordinal)));
        Assert.Contains("docker push example.test/team/katanemimena/worker-plain:2.0", up.Output, StringComparison.Ordinal);
        Assert.Contains("--target worker-plain --tag example.test/team/katanemimena/worker-plain:2.0", up.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Up_makes_secrets_then_applies_all_but_what_scales_waits_and_scales_last()
    {
        Finished up = Command.Run("infra/up", ["--skip-build", "--context", "kind-test"], environment: Recording());
        Assert.Equal(("", 0), (up.Error, up.Code));
        List<string> calls = [.. Calls()];
        string[] order =
        [
            "get crd", "apply -f " + Path.Join(Repository.Root, "infra/k8s/base/namespace.yaml"), "create secret generic access", "create secret generic etcd-users", "create secret generic storage",
            "create secret generic etcd-tls", "create configmap etcd-ca", "delete job etcd-users", "--selector app.kubernetes.io/component!=scaling", "rollout status statefulset/etcd",
            "wait --for=condition=complete job/etcd-users", "rollout status statefulset/manager", "rollout status deployment/api", "--selector app.kubernetes.io/component=scaling",
        ];
        int[] places = [.. order.Select(step => calls.FindIndex(call => call.Contains(step, StringComparison.Ordinal)))];
        Assert.DoesNotContain(-1, places);
        Assert.Equal(places.Order(), places);
        Assert.Contains("port-forward service/api", up.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Secrets_go_through_standard_input_and_are_what_the_apps_want()
    {
        Finished up = Command.Run("infra/up", ["--skip-build", "--context", "kind-test"], environment: Recording());
        Assert.Equal(0, up.Code);
        Dictionary<string, string> secrets = File.ReadAllLines(Path.Join(_folder, "secrets")).Select(line => line.Split('=', 2)).ToDictionary(line => line[0], line => line[1]);
        Assert.Equal(["access.ADMIN_PASSWORD", "access.KEY_ENCRYPTION_KEY", "access.METRICS_TOKEN", "etcd-users.app", "etcd-users.root", "etcd-users.worker", "storage.AZURITE_ACCOUNTS", "storage.AzureWebJobsStorage"], secrets.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(32, Convert.FromBase64String(secrets["access.KEY_ENCRYPTION_KEY"]).Length);
        string account = secrets["storage.AZURITE_ACCOUNTS"]["katanemimena:".Length..];
        Assert.Equal(64, Convert.FromBase64String(account).Length);
        Assert.Contains($"AccountKey={account};", secrets["storage.AzureWebJobsStorage"], StringComparison.Ordinal);
        Assert.Contains("QueueEndpoint=http://azurite.katanemimena.svc:10001/katanemimena;", secrets["storage.AzureWebJobsStorage"], StringComparison.Ordinal);
        string told = up.Output + up.Error + string.Join('\n', Calls());
        Assert.All(secrets.Values.Append(account), secret => Assert.DoesNotContain(secret, told, StringComparison.Ordinal));
        Assert.Equal(secrets.Count, secrets.Values.Distinct().Count());
    }

    [Fact]
    public void What_is_secret_and_there_already_is_kept()
    {
        Dictionary<string, string> environment = Recording();
        environment["THERE"] = "1";
        Finished up = Command.Run("infra/up", ["--skip-build", "--context", "kind-test"], environment: environment);
        Assert.Equal(("", 0), (up.Error, up.Code));
        Assert.DoesNotContain(Calls(), call => call.Contains(" create ", StringComparison.Ordinal));
    }

    [Fact]
    public void Certificate_of_etcd_is_signed_and_good_for_every_member()
    {
        Assert.Equal(0, Command.Run("infra/up", ["--skip-build", "--context", "kind-test"], environment: Recording()).Code);
        Finished check = Command.Run("openssl", ["verify", "-purpose", "sslserver", "-verify_hostname", "etcd-2.etcd", "-CAfile", $"{_folder}/ca.crt", $"{_folder}/server.crt"]);
        Assert.Equal(0, check.Code);
        Assert.Equal(0, Command.Run("openssl", ["verify", "-purpose", "sslclient", "-CAfile", $"{_folder}/ca.crt", $"{_folder}/server.crt"]).Code);
        Assert.NotEqual(0, Command.Run("openssl", ["verify", "-verify_hostname", "etcd-3.etcd", "-CAfile", $"{_folder}/ca.crt", $"{_folder}/server.crt"]).Code);
    }

    [Theory]
    [InlineData("there is no overlay 'production'; there are: azure azure-jobs dev dev-jobs", "--overlay", "production")]
    [InlineData("'--fast' is no option", "--fast")]
    [InlineData("--tag wants a value", "--tag")]
    [InlineData("'a b' is no tag of an image", "--tag", "a b")]
    [InlineData("still has values to fill in", "--overlay", "azure", "--context", "aks", "--skip-build")]
    [InlineData("neither kind nor minikube", "--context", "aks")]
    public void Up_says_what_is_wrong_and_changes_nothing(string says, params string[] arguments)
    {
        Finished up = Command.Run("infra/up", arguments, environment: Recording());
        Assert.Equal(1, up.Code);
        Assert.Contains(says, up.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Calls(), call => !call.StartsWith("kustomize ", StringComparison.Ordinal));
    }

    [Fact]
    public void Down_stops_scaling_first_and_keeps_data_unless_told_otherwise()
    {
        Finished down = Command.Run("infra/down", ["--context", "kind-test"], environment: Recording());
        Assert.Equal(("", 0), (down.Error, down.Code));
        Assert.Contains("delete scaledobjects,scaledjobs", Calls()[0], StringComparison.Ordinal);
        Assert.DoesNotContain(Calls(), call => call.Contains("namespace katanemimena --ignore", StringComparison.Ordinal) || call.Contains("persistentvolumeclaim", StringComparison.Ordinal));
        Finished dry = Command.Run("infra/down", ["--dry-run", "--delete-data"], environment: Recording());
        Assert.Equal(0, dry.Code);
        Assert.Contains("delete namespace katanemimena", dry.Output, StringComparison.Ordinal);
    }

    /// <summary>A folder that goes before all others on PATH, with a kubectl that renders as the real one does and else only writes down.</summary>
    private Dictionary<string, string> Recording()
    {
        string real = Command.Run("bash", ["-c", "command -v kubectl"]).Output.Trim();
        string kubectl = Path.Join(_folder, "kubectl");
        File.WriteAllText(kubectl, $$"""
            #!/usr/bin/env bash
            echo "$*" >>{{_folder}}/calls
            case "$*" in
              kustomize*) exec {{real}} "$@" ;;
              *' get secret '* | *' get configmap '*) [[ -n ${THERE:-} ]]; exit ;;
              *--from-env-file=/dev/stdin) sed "s/^/$8./" >>{{_folder}}/secrets ;;
              *ca.crt*server.crt*) for file in "$@"; do [[ $file == --from-file=* ]] && cp "${file#--from-file=}" {{_folder}}; done ;;
              *) cat >/dev/null ;;
            esac
            exit 0
            """);
        _ = Command.Run("chmod", ["700", kubectl]);
        return new() { ["PATH"] = $"{_folder}:{Environment.GetEnvironmentVariable("PATH")}" };
    }

    private string[] Calls() => File.Exists(Path.Join(_folder, "calls")) ? File.ReadAllLines(Path.Join(_folder, "calls")) : [];
}
