namespace Katanemimena.Tests.Infra.Pods;

/// <summary>A network of pods on this machine: each has a network namespace and an address of its own. Nothing outside the machine reaches it.</summary>
internal sealed class PodNetwork : IDisposable
{
    private static int s_networks;

    private readonly string _id;
    private readonly string _subnet;
    private readonly List<string> _namespaces = [];

    internal PodNetwork()
    {
        int number = Interlocked.Increment(ref s_networks);
        _id = $"k{Environment.ProcessId % 100_000}n{number}";
        _subnet = $"10.201.{(Environment.ProcessId + (number * 50)) % 250}";
        Ip("link", "add", _id, "type", "bridge");
        Ip("address", "add", $"{_subnet}.1/24", "dev", _id);
        Ip("link", "set", _id, "up");
    }

    /// <summary>A name that no other network on this machine has.</summary>
    internal string Id => _id;

    /// <summary>Makes a namespace.</summary>
    /// <returns>The file that names it, and its address.</returns>
    internal (string File, string Address) Add()
    {
        int number = _namespaces.Count + 2;
        (string name, string address, string outside) = ($"{_id}-{number}", $"{_subnet}.{number}", $"{_id}v{number}");
        Ip("netns", "add", name);
        _namespaces.Add(name);
        Ip("link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", name);
        Ip("link", "set", outside, "master", _id, "up");
        Ip("-n", name, "address", "add", $"{address}/24", "dev", "eth0");
        Ip("-n", name, "link", "set", "eth0", "up");
        Ip("-n", name, "link", "set", "lo", "up");
        return ($"/run/netns/{name}", address);
    }

    public void Dispose()
    {
        _namespaces.ForEach(name => Ip("netns", "delete", name));
        Ip("link", "delete", _id);
    }

    private static void Ip(params string[] arguments) => Command.Must("ip", arguments);
}
