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

    [Theory]
    [InlineData("of one key", "/mr/users/admin", "readwrite", "/mr/users/admin")]
    [InlineData("of a range", "/mr/gates/manager-0", "readwrite", "/mr/gates/", "--prefix")]
    [InlineData("of all from a key on", "/mr/users/admin", "readwrite", "/mr/k", "--from-key")]
    [InlineData("of all", "/mr/keys/1", "read", "", "--prefix")]
    [InlineData("of what is on the list for reading only", "/mr/open/manager-0/1", "readwrite", "/mr/open/", "--prefix")]
    public void Permission_that_is_not_on_a_roles_list_is_taken_from_it(string what, string key, string permission, params string[] range)
    {
        Assert.True(May(null, "role", "add", "worker"), what);
        Assert.True(May(null, ["role", "grant-permission", "worker", permission, .. range]), what);
        MakeUsers("worker-one");
        Assert.False(May("worker:worker-one", "put", key, "x"), what);
        Assert.False(May("worker:worker-one", "get", "/mr/users/admin"), what);
        Assert.True(May("worker:worker-one", "put", "/mr/jobs/a", "x"), what);
        Assert.True(May("worker:worker-one", "get", "--prefix", "/mr/open/"), what);
        Assert.True(May("root:of-root", ["role", "grant-permission", "worker", permission, .. range]), what);
        MakeUsers("worker-one");
        Assert.False(May("worker:worker-one", "put", key, "x"), what);
    }

    [Fact]
    public void Role_of_another_account_is_taken_from_the_workers()
    {
        MakeUsers("worker-one");
        Assert.True(May("root:of-root", "user", "grant-role", "worker", "app"));
        Assert.True(May("worker:worker-one", "put", "/mr/users/admin", "x"));
        MakeUsers("worker-one");
        Assert.False(May("worker:worker-one", "put", "/mr/users/admin", "x"));
        Assert.True(May("worker:worker-one", "put", "/mr/jobs/a", "x"));
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
