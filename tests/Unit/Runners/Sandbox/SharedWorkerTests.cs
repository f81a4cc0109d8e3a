using System.Globalization;
using System.Text;
using Katanemimena.Core;
using Katanemimena.Runners;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.Sandbox;

/// <summary>User code on a worker that serves many owners: what it leaves behind, what it sees of others, and how much it can take.</summary>
public sealed class SharedWorkerTests : IDisposable
{
    private const int ProcessesMax = 40;

    private const string Ids = """
        import os
        def mapper(arr):
            return [(os.readlink("/proc/self/ns/pid"), os.getpid())]
        """;

    private readonly List<Workbench> _benches = [];

    public static TheoryData<SandboxDemand> Both() => [SandboxDemand.Off, SandboxDemand.Required];

    public void Dispose() => _benches.ForEach(bench => bench.Dispose());

    [Theory]
    [MemberData(nameof(Both))]
    public void An_interpreter_serves_the_tasks_of_one_job_and_no_other_job(SandboxDemand sandbox)
    {
        Workbench bench = Bench(sandbox);
        CodeFile file = bench.Load(bench.Write("ids.py", Ids), "mapper");
        string first = "", again = "", other = "";
        Workbench.Using(bench.Open(Code(file, 1)), code =>
        {
            first = One(code);
            again = One(code);
            Assert.Equal(1, bench.WorkFoldersLeft);
        });
        Assert.Equal(0, bench.WorkFoldersLeft);
        Workbench.Using(bench.Open(Code(file, 2)), code => other = One(code));
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void A_program_has_no_privileges(SandboxDemand sandbox)
    {
        Workbench bench = Bench(sandbox);
        string script = bench.Script("caps.sh", "#!/bin/sh\ncat >/dev/null\ngrep -E '^(Cap|NoNewPrivs)' /proc/self/status\n");
        PairList pairs = bench.Map(script, "x\n");
        Dictionary<string, string> status = Texts(pairs).ToDictionary(pair => pair.Split('\t')[0], pair => pair.Split('\t')[1]);
        Assert.Equal("1", status["NoNewPrivs:"]);
        Assert.All(["CapInh:", "CapPrm:", "CapEff:", "CapAmb:"], name => Assert.Equal("0000000000000000", status[name]));
    }

    [Fact]
    public void In_a_sandbox_a_task_sees_no_other_tasks_folder()
    {
        Workbench bench = Bench(SandboxDemand.Required);
        Directory.CreateDirectory(bench.In("work/other"));
        File.WriteAllText(bench.In("work/other/secret"), "secret");
        PairList pairs = bench.Map(bench.Script("look.sh", "#!/bin/sh\ncat >/dev/null\nls ..; cat ../other/secret 2>&1 | grep -c '^secret'; true\n"), "x\n");
        Assert.Equal(["0"], Texts(pairs).Select(text => text.TrimEnd('\t')).Where(text => !text.StartsWith(Environment.ProcessId.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)));
    }

    [Fact]
    public void In_a_sandbox_a_folder_that_is_shown_does_not_show_what_is_hidden_in_it()
    {
        Workbench bench = Bench(SandboxDemand.Required, options => options with { Reads = [Path.GetDirectoryName(options.WorkFolder)!], Hidden = [Path.Join(Path.GetDirectoryName(options.WorkFolder), "store", "hidden")] });
        Directory.CreateDirectory(bench.In("store/hidden"));
        bench.Write("store/hidden/secret", "hidden\n");
        bench.Write("shown", "shown\n");
        string script = bench.Script("look.sh", $"#!/bin/sh\ncat >/dev/null\ncat '{bench.In("shown")}' '{bench.In("store/hidden/secret")}' 2>/dev/null; ls '{bench.In("work")}' | grep -c . \n");
        Assert.Equal(["shown", "1"], Texts(bench.Map(script, "x\n")).Select(text => text.TrimEnd('\t')));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void There_is_an_end_to_the_processes_it_can_start(SandboxDemand sandbox)
    {
        Workbench bench = Bench(sandbox);
        string script = bench.Write("forks.py", """
            import os, signal, sys
            children = []
            sys.stdin.read()
            try:
                while len(children) < 2000:
                    child = os.fork()
                    if child == 0:
                        signal.pause()
                    children.append(child)
            except OSError:
                pass
            for child in children:
                os.kill(child, signal.SIGKILL)
            print(len(children))
            """);
        int started = int.Parse(Texts(bench.Map(script, "x\n")).Single().TrimEnd('\t'), CultureInfo.InvariantCulture);

        // Without namespaces all of the user's processes count, unless a control group counts for root.
        Assert.InRange(started, 1, sandbox == SandboxDemand.Required || Environment.IsPrivilegedProcess ? ProcessesMax : 16 * ProcessesMax);
        Assert.Equal(0, bench.WorkFoldersLeft);
    }

    [Fact]
    public void Code_that_forks_without_end_in_a_sandbox_ends_with_its_attempt()
    {
        Workbench bench = Bench(SandboxDemand.Required);
        string name = $"bomb-{Path.GetRandomFileName()}";
        string script = bench.Write("bomb.py", $"""
            import os, sys
            sys.stdin.read()
            open("/proc/self/comm", "w").write("{name[..13]}")
            while True:
                try:
                    os.fork()
                    os.setsid()
                except OSError:
                    pass
            """);
        UserCodeFault fault = Assert.Throws<UserCodeFault>(() => bench.Map(script, "x\n", Workbench.Attempt(timeoutSeconds: 2)));
        Assert.Contains("2 s", fault.Card.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.EnumerateDirectories("/proc").Select(Comm), comm => comm == name[..13]);
        Assert.Equal(0, bench.WorkFoldersLeft);
    }

    [Fact]
    public void What_it_leaves_running_in_a_sandbox_ends_with_it()
    {
        Workbench bench = Bench(SandboxDemand.Required);
        string name = $"left-{Path.GetRandomFileName()}"[..13];
        string script = bench.Write("leave.py", $"""
            import os, sys, time
            sys.stdin.read()
            if os.fork() == 0:
                os.setsid()
                open("/proc/self/comm", "w").write("{name}")
                for descriptor in range(3):
                    os.close(descriptor)
                time.sleep(1000)
            while open("/proc/3/comm").read().strip() != "{name}":
                pass
            print("done")
            """);
        Assert.Equal("done\t", Texts(bench.Map(script, "x\n")).Single());
        Assert.True(SpinWait.SpinUntil(() => !Directory.EnumerateDirectories("/proc").Select(Comm).Contains(name), TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void A_sandbox_outlives_the_thread_that_asked_for_it()
    {
        Workbench bench = Bench(SandboxDemand.Required);
        CodeFile file = bench.Load(bench.Write("ids.py", Ids), "mapper");
        IUserCode? code = null;
        Thread opener = new(() => code = bench.Open(Code(file, 1)));
        opener.Start();
        opener.Join();
        Workbench.Using(code!, opened => Assert.Equal(One(opened), One(opened)));
    }

    private static JobCode Code(CodeFile file, int job) => new(new JobId("local", job), file, CodeFiles.Identity, null);

    private static string One(IUserCode code)
    {
        PairList pairs = new();
        code.Map(Workbench.Attempt(), new RecordList(Encoding.UTF8.GetBytes("x\n"), 64), pairs);
        return Texts(pairs).Single();
    }

    private static IEnumerable<string> Texts(PairList pairs) => pairs.Pairs.Select(pair => $"{pair.Key}\t{pair.Value}");

    private static string Comm(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "comm")).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private Workbench Bench(SandboxDemand sandbox, Func<UserCodeHostOptions, UserCodeHostOptions>? change = null)
    {
        Workbench bench = new(options => (change ?? (same => same))(options with { Shared = true, Sandbox = sandbox, ProcessesMax = ProcessesMax }));
        _benches.Add(bench);
        return bench;
    }
}
