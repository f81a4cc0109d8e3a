using System.Diagnostics;
using Katanemimena.Core;
using Katanemimena.Tests.Cluster.Running;
using Katanemimena.Tests.Cluster.Runtime;
using Katanemimena.Tests.Contracts;
using Katanemimena.Tests.Contracts.UserCode;

namespace Katanemimena.Tests.Cluster;

/// <summary>User code on the workers of a cluster, which serve all users.</summary>
public sealed class WorkerSandboxTests(RunningCluster cluster) : IClassFixture<RunningCluster>
{
    private static readonly string[] s_unprivileged =
        Environment.IsPrivilegedProcess ? ["setpriv", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"] : ["setpriv", "--no-new-privs"];

    [Theory]
    [InlineData(SandboxDemand.Preferred)]
    [InlineData(SandboxDemand.Off)]
    [InlineData(SandboxDemand.Required)]
    public async Task A_job_runs_in_a_sandbox_whatever_it_asks_for_and_says_so(SandboxDemand demand)
    {
        string data = cluster.Write("data.txt", "a\n");
        string code = cluster.Write("look.py", """
            import os
            def mapper(arr):
                return [("processes", sorted(name for name in os.listdir("/proc") if name.isdigit())), ("network", os.listdir("/proc/self/net") and open("/proc/net/route").read().count("\n") > 1)]
            """);
        JobId job = await cluster.SubmitAsync([data], code, null, options: new JobOptions { Workers = 4, Sandbox = demand });
        string result = System.Text.Encoding.UTF8.GetString(await cluster.ResultAsync(job));
        Assert.Equal("network\tfalse\nprocesses\t[\"1\",\"2\"]\n", result);
        Assert.Equal(SandboxLevel.Namespaces, (await cluster.ManifestAsync(job)).Sandbox);
    }

    [Fact]
    public async Task DotNet_code_reaches_nothing_of_its_worker_nor_of_the_cluster()
    {
        string secret = cluster.Write("secret.txt", "secret");
        string[] actions =
        [
            "variables - ADMIN_PASSWORD", "environ 1 ADMIN_PASSWORD", .. cluster.Workers.Select(worker => $"environ {worker.Id} ADMIN_PASSWORD"), .. cluster.Workers.Select(worker => $"signal {worker.Id}"),
            $"tcp {cluster.Etcd.Client.Port}", $"read {secret}", $"write {cluster.File("written.txt")}", "write /etc/written",
        ];
        string data = cluster.Write("actions.txt", string.Join('\n', actions) + "\nwrite own.txt\nread own.txt\n");
        JobId job = await cluster.SubmitAsync([data], cluster.Write("intruder.cs", Intruder.DotNet), null, options: new JobOptions { Workers = 4, Sandbox = SandboxDemand.Required });
        string[][] tried = [.. System.Text.Encoding.UTF8.GetString(await cluster.ResultAsync(job)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t'))];
        Assert.Equal(actions.Length + 2, tried.Length);
        Assert.Equal(["read", "write"], tried.Where(pair => pair[1] == "yes").Select(pair => pair[0]));
        Assert.Equal(2, tried.Count(pair => pair is ["environ", "DirectoryNotFoundException"]));
        Assert.Contains(["tcp", "SocketException"], tried);
        Assert.False(File.Exists(cluster.File("written.txt")));
        Assert.Equal(SandboxLevel.Namespaces, (await cluster.ManifestAsync(job)).Sandbox);
    }

    [Fact]
    public async Task Neither_environment_nor_memory_of_a_worker_can_be_read_by_its_user()
    {
        // Without the privileges that root has over others, as the reader.
        await using var worker = new AppProcess("worker-functions/Katanemimena.WorkerFunctions", cluster.Settings("worker-x"), s_unprivileged);
        await worker.StartAsync();
        foreach (string file in new[] { "environ", "mem", "maps" })
        {
            Assert.Contains("Permission denied", await ShellAsync($"head -c 1 /proc/{worker.Id}/{file}"), StringComparison.Ordinal);
        }

        Assert.DoesNotContain("Permission denied", await ShellAsync("head -c 1 /proc/$$/environ; true"), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(Path.GetTempPath(), $"dotnet-diagnostic-{worker.Id}-*").Concat(Directory.EnumerateFiles(Path.GetTempPath(), $"clr-debug-pipe-{worker.Id}-*")));
    }

    [Theory]
    [InlineData("required", "/bin/false", "sandbox that is required cannot be had")]
    [InlineData("always", "bwrap", "SANDBOX is 'always'; required, preferred or off is wanted")]
    public async Task A_worker_that_cannot_keep_its_setting_does_not_start(string sandbox, string bubblewrap, string error)
    {
        var settings = new Dictionary<string, string>(cluster.Settings("worker-x")) { ["SANDBOX"] = sandbox, ["SANDBOX_BUBBLEWRAP"] = bubblewrap };
        string program = Path.Join(Repository.Root, "worker-functions", "bin", Repository.Configuration, "net10.0", "Katanemimena.WorkerFunctions");
        var start = new ProcessStartInfo(program) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        foreach ((string name, string value) in settings)
        {
            start.Environment[name] = value;
        }

        (int code, string said) = await EndAsync(start);
        Assert.Equal(1, code);
        Assert.Contains(error, said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("off", "bwrap", true)]
    [InlineData("preferred", "/bin/false", true)]
    [InlineData("preferred", "bwrap", false)]
    public async Task A_worker_of_the_runtime_says_whether_user_code_can_read_the_runtimes_environment(string sandbox, string bubblewrap, bool can)
    {
        // Started by these tests, which hide nothing either.
        var settings = new Dictionary<string, string>(cluster.Settings("worker-x")) { ["SANDBOX"] = sandbox, ["SANDBOX_BUBBLEWRAP"] = bubblewrap };
        await using var worker = new HandlerProcess("worker-functions/Katanemimena.WorkerFunctions", settings);
        await worker.StartAsync();
        const string warning = "user code can read the environment of the Functions runtime that started this worker";
        if (can)
        {
            await Waiting.UntilAsync(() => ValueTask.FromResult(worker.Output.Contains(warning, StringComparison.Ordinal)), "the worker says so");
        }

        await worker.KillAsync();
        Assert.Equal(can, worker.Output.Contains(warning, StringComparison.Ordinal));
    }

    private static async Task<string> ShellAsync(string line)
    {
        string[] command = [.. s_unprivileged, "sh", "-c", line];
        return (await EndAsync(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true, RedirectStandardOutput = true })).Said;
    }

    private static async Task<(int Code, string Said)> EndAsync(ProcessStartInfo start)
    {
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().InTimeAsync();
        return (process.ExitCode, await output + await errors);
    }
}
