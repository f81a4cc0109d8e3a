using Katanemimena.Tests.Contracts.Services;
using Xunit;

namespace Katanemimena.Tests.Infra;

/// <summary>etcd-users.sh against a real etcd: who may do what, and that it can be run again.</summary>
public sealed class EtcdUsersTests : IAsyncLifetime
{
    private readonly EtcdServer _etcd = new();

    public async ValueTask InitializeAsync() => await _etcd.StartAsync();

    public ValueTask DisposeAsync() => _etcd.DisposeAsync();

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
            ["ETCDCTL_ENDPOINTS"] = _etcd.Client.GetLeftPart(UriPartial.Authority),
            ["PASSWORD_ROOT"] = "of-root",
            ["PASSWORD_APP"] = "of-app",
            ["PASSWORD_WORKER"] = workerPassword,
        });
        Assert.True(run.Code == 0, run.Error);
    }

    private bool May(string? user, params string[] command)
    {
        Dictionary<string, string> environment = new() { ["ETCDCTL_API"] = "3", ["ETCDCTL_ENDPOINTS"] = _etcd.Client.GetLeftPart(UriPartial.Authority) };
        if (user is not null)
        {
            environment["ETCDCTL_USER"] = user;
        }

        return Command.Run("etcdctl", command, environment: environment).Code == 0;
    }
}
