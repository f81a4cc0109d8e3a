using Xunit;

namespace Katanemimena.Tests.Infra.Scripts;

/// <summary>infra/up and infra/down say what they would do, and do it: against a kubectl that only writes down how it is called.</summary>
public sealed class ScriptTests : IDisposable
{
    private readonly RecordingKubectl _kubectl = new();

    public static TheoryData<string> Overlays => [.. Cluster.Overlays];

    public static TheoryData<string> Scripts =>
    [
        "infra/up", "infra/down",
        .. new[] { "infra/lib", "infra/k8s/base" }.SelectMany(folder => Directory.EnumerateFiles(Path.Join(Repository.Root, folder), "*.sh")).Select(file => Path.GetRelativePath(Repository.Root, file)),
    ];

    public void Dispose() => _kubectl.Dispose();

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
        Finished up = _kubectl.Run("infra/up", ["--dry-run", "--overlay", overlay, "--context", "kind-test"]);
        Assert.Equal((RecordingKubectl.ToFillIn(overlay), 0), (up.Error, up.Code));
        Assert.DoesNotContain("The service is up", up.Output, StringComparison.Ordinal);
        Assert.Equal([$"kustomize {Path.Join(Repository.Root, "infra/k8s/overlays", overlay)}"], _kubectl.Calls);
        string[] steps = ["docker build", "kind load docker-image --name test", "install KEDA", "namespace.yaml", "create secret access", "create secret etcd-tls", "kind: StatefulSet", "rollout status statefulset/etcd", "job/etcd-users", "statefulset/manager"];
        Assert.Equal(steps.Order().Select(step => (step, true)), steps.Order().Select(step => (step, up.Output.Contains(step, StringComparison.Ordinal))));
        int[] places = [.. steps.Select(step => up.Output.IndexOf(step, StringComparison.Ordinal))];
        Assert.Equal(places.Order(), places);
        Assert.Equal(overlay.StartsWith("dev", StringComparison.Ordinal), up.Output.Contains("create secret storage", StringComparison.Ordinal));
    }

    [Fact]
    public void Dry_run_says_what_a_real_run_would_stop_at()
    {
        Finished up = _kubectl.Run("infra/up", ["--dry-run", "--context", "far-away"]);
        Assert.Equal(0, up.Code);
        Assert.Contains("a real run would stop here: the context 'far-away' is neither kind nor minikube", up.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Images_can_come_from_a_registry_and_without_the_runtime()
    {
        Finished up = _kubectl.Run("infra/up", ["--dry-run", "--plain", "--registry", "example.test/team", "--tag", "2.0"]);
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
        Finished up = _kubectl.Run("infra/up", ["--skip-build", "--context", "kind-test"]);
        Assert.Equal(("", 0), (up.Error, up.Code));
        List<string> calls = [.. _kubectl.Calls];
        string[] order =
        [
            "get crd", "apply -f " + Path.Join(Repository.Root, "infra/k8s/base/namespace.yaml"), "create secret generic access", "create secret generic etcd-users", "create secret generic storage",
            "create secret generic etcd-tls", "create configmap etcd-ca", "delete job etcd-users", "--selector app.kubernetes.io/component!=scaling", "rollout status statefulset/etcd",
            "wait --for=condition=complete job/etcd-users", "rollout status statefulset/manager", "rollout status deployment/api", "get --raw /api/v1/namespaces/katanemimena/services/api:http/proxy/api/readyz", "--selector app.kubernetes.io/component=scaling",
        ];
        int[] places = [.. order.Select(step => calls.FindIndex(call => call.Contains(step, StringComparison.Ordinal)))];
        Assert.DoesNotContain(-1, places);
        Assert.Equal(places.Order(), places);
        Assert.Contains("port-forward service/api", up.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Up_ends_before_it_scales_where_the_API_cannot_serve_and_says_what_the_API_says()
    {
        Finished up = _kubectl.Run("infra/up", ["--skip-build", "--context", "kind-test"], fails: "get --raw");
        Assert.Equal(1, up.Code);
        Assert.Contains("cannot serve", up.Error, StringComparison.Ordinal);
        Assert.Contains("Unable to connect to the server", up.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(_kubectl.Calls, call => call.Contains("component=scaling", StringComparison.Ordinal));
        Assert.InRange(_kubectl.Calls.Count(call => call.Contains("readyz", StringComparison.Ordinal)), 2, 100);
    }

    [Fact]
    public void Secrets_go_through_standard_input_and_are_what_the_apps_want()
    {
        Finished up = _kubectl.Run("infra/up", ["--skip-build", "--context", "kind-test"]);
        Assert.Equal(0, up.Code);
        Dictionary<string, string> secrets = _kubectl.Secrets.Select(line => line.Split('=', 2)).ToDictionary(line => line[0], line => line[1]);
        Assert.Equal(["access.ADMIN_PASSWORD", "access.KEY_ENCRYPTION_KEY", "access.METRICS_TOKEN", "etcd-users.app", "etcd-users.root", "etcd-users.worker", "storage.AZURITE_ACCOUNTS", "storage.AzureWebJobsStorage"], secrets.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(32, Convert.FromBase64String(secrets["access.KEY_ENCRYPTION_KEY"]).Length);
        string account = secrets["storage.AZURITE_ACCOUNTS"]["katanemimena:".Length..];
        Assert.Equal(64, Convert.FromBase64String(account).Length);
        Assert.Contains($"AccountKey={account};", secrets["storage.AzureWebJobsStorage"], StringComparison.Ordinal);
        Assert.Contains("QueueEndpoint=http://azurite.katanemimena.svc:10001/katanemimena;", secrets["storage.AzureWebJobsStorage"], StringComparison.Ordinal);
        string told = up.Output + up.Error + string.Join('\n', _kubectl.Calls);
        Assert.All(secrets.Values.Append(account), secret => Assert.DoesNotContain(secret, told, StringComparison.Ordinal));
        Assert.Equal(secrets.Count, secrets.Values.Distinct().Count());
    }

    [Fact]
    public void Certificate_of_etcd_is_signed_and_good_for_every_member()
    {
        Assert.Equal(0, _kubectl.Run("infra/up", ["--skip-build", "--context", "kind-test"]).Code);
        Finished check = Command.Run("openssl", ["verify", "-purpose", "sslserver", "-verify_hostname", "etcd-2.etcd", "-CAfile", $"{_kubectl.Folder}/ca.crt", $"{_kubectl.Folder}/server.crt"]);
        Assert.Equal(0, check.Code);
        Assert.Equal(0, Command.Run("openssl", ["verify", "-purpose", "sslclient", "-CAfile", $"{_kubectl.Folder}/ca.crt", $"{_kubectl.Folder}/server.crt"]).Code);
        Assert.NotEqual(0, Command.Run("openssl", ["verify", "-verify_hostname", "etcd-3.etcd", "-CAfile", $"{_kubectl.Folder}/ca.crt", $"{_kubectl.Folder}/server.crt"]).Code);
    }

    [Theory]
    [InlineData("there is no overlay 'production'; there are: azure azure-jobs dev dev-jobs", "--overlay", "production")]
    [InlineData("'--fast' is no option", "--fast")]
    [InlineData("--tag wants a value", "--tag")]
    [InlineData("'a b' is no tag of an image", "--tag", "a b")]
    [InlineData("still has values to fill in", "--overlay", "azure", "--context", "aks", "--skip-build")]
    [InlineData("neither kind nor minikube", "--context", "aks")]
    [InlineData("neither kind nor minikube", "--context", "aks", "--skip-build")]
    public void Up_says_what_is_wrong_and_changes_nothing(string says, params string[] arguments)
    {
        Finished up = _kubectl.Run("infra/up", arguments);
        Assert.Equal(1, up.Code);
        Assert.Contains(says, up.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(_kubectl.Calls, call => !call.StartsWith("kustomize ", StringComparison.Ordinal));
    }

    [Fact]
    public void Down_says_what_it_would_do_and_asks_no_cluster()
    {
        Finished down = _kubectl.Run("infra/down", ["--dry-run", "--delete-data"]);
        Assert.Equal(("", 0), (down.Error, down.Code));
        Assert.Empty(_kubectl.Calls);
        Assert.Contains("reclaim policy", down.Output, StringComparison.Ordinal);
        Assert.Contains("delete namespace katanemimena", down.Output, StringComparison.Ordinal);
    }
}
