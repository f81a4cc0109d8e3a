using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Katanemimena.Tests.Infra;

/// <summary>etcd-users.sh against a real etcd: who may do what, and that it can be run again.</summary>
public sealed class EtcdUsersTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("katanemimena-etcd-").FullName;
    private readonly string _address = $"http://127.0.0.1:{FreePort()}";
    private readonly Process _etcd;

    public EtcdUsersTests()
    {
        string peer = $"http://127.0.0.1:{FreePort()}";
        _etcd = Process.Start(new ProcessStartInfo("etcd",
        [
            "--name", "etcd-0", "--data-dir", _folder, "--listen-client-urls", _address, "--advertise-client-urls", _address,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", $"etcd-0={peer}", "--log-outputs", "/dev/null", "--logger", "zap",
        ]))!;
    }

    public void Dispose()
    {
        _etcd.Kill();
        _etcd.WaitForExit();
        _etcd.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Workers_reach_jobs_only_the_app_reaches_all_and_nobody_else_reaches_anything()
    {
        MakeUsers("worker-one");
        Assert.True(May("worker:worker-one", "put", "/mr/jobs/manager-0/1/done/map/0", "x"));
        Assert.True(May("worker:worker-one", "get", "--prefix", "/mr/jobs/manager-0/1/"));
        Assert.True(May("worker:worker-one", "put", "/mr/instances/a", "x"));
        Assert.True(May("worker:worker-one", "get", "--prefix", "/mr/open/"));
        Assert.False(May("worker:worker-one", "put", "/mr/open/manager-0/1", "x"));
        Assert.False(May("worker:worker-one", "put", "/mr/managers/manager-9/alive", "x"));
        Assert.False(May("worker:worker-one", "put", "/mr/users/admin", "x"));
        Assert.False(May("worker:worker-one", "get", "/mr/users/admin"));
        Assert.False(May("worker:worker-one", "get", "--prefix", "/mr/keys/"));
        Assert.False(May("worker:worker-one", "get", "--prefix", "/mr/"));
        Assert.True(May("app:of-app", "put", "/mr/users/admin", "x"));
        Assert.False(May("app:of-app", "put", "/other", "x"));
        Assert.False(May("app:of-app", "user", "list"));
        Assert.False(May(null, "get", "/mr/jobs/manager-0/1/done/map/0"));
    }

    [Fact]
    public void Run_again_it_sets_new_passwords()
    {
        MakeUsers("worker-one");
        MakeUsers("worker-two");
        Assert.True(May("worker:worker-two", "put", "/mr/jobs/a", "x"));
        Assert.False(May("worker:worker-one", "put", "/mr/jobs/a", "x"));
    }

    private void MakeUsers(string workerPassword)
    {
        Finished run = Command.Run("bash", ["infra/k8s/base/etcd-users.sh"], environment: new Dictionary<string, string>
        {
            ["ETCDCTL_API"] = "3",
            ["ETCDCTL_ENDPOINTS"] = _address,
            ["PASSWORD_ROOT"] = "of-root",
            ["PASSWORD_APP"] = "of-app",
            ["PASSWORD_WORKER"] = workerPassword,
        });
        Assert.True(run.Code == 0, run.Error);
    }

    private bool May(string? user, params string[] command)
    {
        Dictionary<string, string> environment = new() { ["ETCDCTL_API"] = "3", ["ETCDCTL_ENDPOINTS"] = _address };
        if (user is not null)
        {
            environment["ETCDCTL_USER"] = user;
        }

        return Command.Run("etcdctl", command, environment: environment).Code == 0;
    }

    private static string FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }
}
