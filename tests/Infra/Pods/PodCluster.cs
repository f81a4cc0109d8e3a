using System.Text.Json.Nodes;
using Katanemimena.Tests.Contracts;
using Xunit;

namespace Katanemimena.Tests.Infra.Pods;

/// <summary>An overlay, run on this machine as its manifests say: containers with their environment, arguments, user, mounts, limits and capabilities.</summary>
/// <remarks>Secrets come from infra/lib/secrets.sh. Names are in each pod's hosts file. What a cluster has beside that is not here: network policies, and KEDA,
/// whose part <see cref="Scaler"/> plays.</remarks>
internal sealed class PodCluster : IAsyncDisposable
{
    private const string Namespace = "katanemimena";

    private readonly TemporaryFolder _scratch = new();
    private readonly PodNetwork _network;
    private readonly List<Container> _containers = [];
    private readonly Dictionary<string, (string File, string Address)> _addresses = [];
    private readonly Images _images;
    private readonly ContainerSpecification _specification;
    private readonly PodTemplate _template;
    private int _names;

    private PodCluster(string overlay)
    {
        Manifests = Cluster.Render(overlay);
        _images = new Images(_scratch.Path);
        _specification = new ContainerSpecification(Containerd.DefaultSpecification(_scratch.Path));
        Finished made = Command.Run("bash", ["tests/Infra/Pods/kept-secrets.sh", Secrets], string.Join("\n---\n", Manifests.Resources.Select(resource => $"name: {resource.Name}")));
        Assert.True(made.Code == 0, made.Error);
        _template = new PodTemplate(Manifests, Secrets, _scratch.Path);
        _network = new PodNetwork();
    }

    /// <summary>The overlay's objects.</summary>
    internal Cluster Manifests { get; }

    private string Secrets => _scratch.File("secrets");

    /// <summary>Starts all but what KEDA scales, in the order of infra/up, each until its probes succeed.</summary>
    internal static async Task<PodCluster> StartAsync(string overlay)
    {
        var cluster = new PodCluster(overlay);
        try
        {
            await cluster.StartPodAsync("StatefulSet/azurite", "azurite-0");
            await cluster.StartPodAsync("StatefulSet/etcd", "etcd-0");
            await cluster.RunJobAsync("Job/etcd-users");
            await cluster.StartPodAsync("StatefulSet/manager", "manager-0");
            cluster.Api = await cluster.StartPodAsync("Deployment/api", "api-0");
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>A name for a pod that no other one has: pods of one name would share an address.</summary>
    internal string NewName(string of) => $"{of}-{_names++}";

    /// <summary>The pod of the API.</summary>
    internal Pod Api { get; private set; } = null!;

    /// <summary>What a Secret has under a key.</summary>
    internal string Secret(string name, string key) => File.ReadAllText(Path.Join(Secrets, name, key));

    /// <summary>The address of a pod.</summary>
    internal string AddressOf(string pod) => _addresses[pod].Address;

    /// <summary>Starts a pod of a workload, its init containers first, and waits until its probes succeed.</summary>
    internal async Task<Pod> StartPodAsync(string workload, string name)
    {
        Workload of = Find(workload);
        foreach (JsonNode first in of.Pod.List("initContainers"))
        {
            await EndWellAsync(of, first, name);
        }

        JsonNode manifest = of.Containers.Single();
        string address = Addressed(name).Address;
        Container container = Make(of, manifest, name, () => Probe.AllAsync(manifest, address));
        try
        {
            await container.StartAsync();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{name} is not ready: {container.Output}", e);
        }

        return new Pod(name, address, manifest, container);
    }

    /// <summary>Starts a pod of a job, without waiting for anything.</summary>
    internal Pod LaunchPod(string workload, string name)
    {
        Workload of = Find(workload);
        JsonNode manifest = of.Containers.Single();
        Container container = Make(of, manifest, name, null);
        container.StartAsync().GetAwaiter().GetResult();
        return new Pod(name, AddressOf(name), manifest, container);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Container container in _containers)
        {
            await container.RemoveAsync();
        }

        _network.Dispose();
        _scratch.Dispose();
    }

    private async Task RunJobAsync(string job) => await EndWellAsync(Find(job), Find(job).Containers.Single(), job.Split('/')[1]);

    private async Task EndWellAsync(Workload workload, JsonNode manifest, string pod)
    {
        Container container = Make(workload, manifest, pod, null);
        int code = await container.RunAsync();
        Assert.True(code == 0, $"{pod}, {manifest.Text("name")}: ended with {code}: {container.Output}");
    }

    private Workload Find(string id) => Manifests.Workloads.Single(workload => workload.Id == id);

    private Container Make(Workload workload, JsonNode manifest, string pod, Func<Task<bool>>? answers)
    {
        Image image = _images.Of(manifest.Text("image")!);
        string name = $"katanemimena-{_network.Id}-{_containers.Count}";
        JsonNode specification = _specification.Of(
            workload.Pod!, manifest, image, _template.Environment(manifest, image, pod), _template.Mounts(workload, manifest, pod).Append(("/etc/hosts", Hosts(), true)), (pod, Addressed(pod).File, name));
        var container = new Container(name, specification, answers);
        _containers.Add(container);
        return container;
    }

    private (string File, string Address) Addressed(string pod)
    {
        if (!_addresses.TryGetValue(pod, out (string, string) found))
        {
            _addresses[pod] = found = _network.Add();
        }

        return found;
    }

    // What the cluster's DNS would say of what is called by name.
    private string Hosts()
    {
        string file = _scratch.File("hosts");
        File.WriteAllText(file, $"""
            127.0.0.1 localhost
            {Addressed("azurite-0").Address} azurite azurite.{Namespace}.svc
            {Addressed("etcd-0").Address} etcd-0.etcd etcd-0.etcd.{Namespace}.svc

            """);
        return file;
    }
}
