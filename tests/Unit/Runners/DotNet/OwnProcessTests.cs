using System.Text;
using Katanemimena.Core;
using Katanemimena.Runners;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.DotNet;

/// <summary>.NET code in a process of its own.</summary>
public sealed class OwnProcessTests() : DotNetContract(DotNetIsolation.OwnProcess)
{
    [Fact]
    public void A_fold_works_as_a_general_combiner()
    {
        string combiner = Bench.Write("max.cs", """
            public class Max : IFoldCombiner
            {
                public bool TryFold(Span<byte> accumulator, ReadOnlySpan<byte> value, long repeat)
                {
                    if (accumulator.SequenceCompareTo(value) < 0) value.CopyTo(accumulator);
                    return true;
                }
            }
            """);
        PairList pairs = new();
        Workbench.Using(Bench.Open("cat", combiner: combiner), code =>
        {
            Assert.Null(code.Fold);
            code.Combine(Workbench.Attempt(), GroupList.Of(("a", ["1", "3", "2"]), ("b", ["5", "10", "20"])), pairs);
        });
        Assert.Equal([("a", "3"), ("b", "5"), ("b", "20")], pairs.Pairs);
    }

    [Fact]
    public void A_mapper_that_never_returns_fails_the_attempt_and_its_process_is_gone()
    {
        string begun = Bench.In("begun");
        string mapper = Bench.Write("loop.cs", Mapper($$"""
            output.Emit(record, default);
            if (record.Length > 1) { File.WriteAllText("{{begun}}", Environment.ProcessId.ToString()); while (true) { } }
            """));
        PairList pairs = new();
        Workbench.Using(Bench.Open(mapper), code =>
        {
            UserCodeFault fault = Assert.Throws<UserCodeFault>(() => code.Map(Workbench.Attempt(timeoutSeconds: 0.2), new RecordList("a\nbb\n"u8.ToArray()), pairs));
            Assert.EndsWith("neither took a record nor emitted one for 0.2 s on the record at byte 2 of data.txt; its process was ended", fault.Card.Error, StringComparison.Ordinal);
            Assert.Equal("bb"u8.ToArray(), fault.Card.Record);
            Assert.False(Directory.Exists($"/proc/{File.ReadAllText(begun)}"));
            code.Map(Workbench.Attempt(), new RecordList("c\n"u8.ToArray()), pairs);
        });
        Assert.Equal([("a", ""), ("bb", ""), ("c", "")], pairs.Pairs);
    }

    [Fact]
    public void Code_within_a_record_is_ended_when_the_attempt_is_cancelled()
    {
        string begun = Bench.In("begun");
        string mapper = Bench.Write("loop.cs", Mapper($$"""File.WriteAllText("{{begun}}", ""); while (true) { }"""));
        Workbench.Using(Bench.Open(mapper), code =>
        {
            using CancellationTokenSource source = new();
            using Timer timer = new(_ => { if (File.Exists(begun)) { source.Cancel(); } }, null, 10, 10);
            Assert.ThrowsAny<OperationCanceledException>(() => code.Map(Workbench.Attempt(cancellation: source.Token), new RecordList("a\n"u8.ToArray()), new PairList()));
        });
        Assert.Equal(0, Bench.WorkFoldersLeft);
    }

    [Theory]
    [InlineData("Environment.Exit(3);", 3, "ended with exit code 3@", "")]
    [InlineData("Environment.Exit(0);", 0, "ended with exit code 0@", "")]
    [InlineData("Environment.FailFast(\"enough\");", 134, "was ended by signal 6, SIGABRT@: Process terminated: enough", "M.Do()")]
    [InlineData("Deep(1);", 134, "was ended by signal 6, SIGABRT@: Stack overflow", "M.Deep")]
    [InlineData("new Thread(() => throw new FormatException(\"aside\")).Start(); new ManualResetEvent(false).WaitOne();", 134, "was ended by signal 6, SIGABRT@: Unhandled exception. System.FormatException: aside", "bad.cs:line 4")]
    [InlineData("System.Diagnostics.Process.GetCurrentProcess().Kill();", 137, "was ended by signal 9, SIGKILL", "")]
    [InlineData("System.Runtime.InteropServices.Marshal.WriteInt32((IntPtr)0x123456789000, 1);", 134, "was ended by signal 6, SIGABRT@: Fatal error: System.AccessViolationException", "M.Do()")]
    public void Code_that_ends_its_process_fails_with_its_record_and_the_worker_goes_on(string body, int exitCode, string error, string traceback)
    {
        string file = Bench.Write("bad.cs", $$"""
            public class M : IMapper { public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output) { output.Emit(record, default); if (record.SequenceEqual("bad"u8)) Do(); }
            public static void Do() {
            Console.WriteLine("this is the end");
            {{body}} }
            static int Deep(int n) => Deep(n + 1) + Deep(n + 2); }
            public class R : IReducer { public void Reduce(ReadOnlySpan<byte> key, IValues values, IEmitter output) { values.MoveNext(); if (key.SequenceEqual("bad"u8)) M.Do(); output.Emit(key, values.Current); } }
            """);
        Workbench.Using(Bench.Open(file, file), code =>
        {
            FailureCard map = Assert.Throws<UserCodeFault>(() => code.Map(Workbench.Attempt(), new RecordList("a\nb\nbad\nc\n"u8.ToArray(), 4), new PairList())).Card;
            Assert.Equal(("data.txt", 4L, "bad"), (map.File, map.Offset, Encoding.ASCII.GetString(map.Record!)));
            Check(map, "mapper");
            FailureCard reduce = Assert.Throws<UserCodeFault>(() => code.Reduce(Workbench.Attempt(TaskStage.Reduce), GroupList.Of(("a", ["1"]), ("bad", ["2"]), ("c", ["3"])), new PairList())).Card;
            Assert.Equal("bad", Encoding.ASCII.GetString(reduce.Record!));
            Check(reduce, "reducer");
            PairList pairs = new();
            code.Map(Workbench.Attempt(), new RecordList("a\n"u8.ToArray()), pairs);
            code.Reduce(Workbench.Attempt(TaskStage.Reduce), GroupList.Of(("a", ["1"])), pairs);
            Assert.Equal([("a", ""), ("a", "1")], pairs.Pairs);
        });

        void Check(FailureCard card, string role)
        {
            Assert.StartsWith($"the {role} 'bad.cs' {error.Replace("@", card.File is null ? "" : " on the record at byte 4 of data.txt", StringComparison.Ordinal)}", card.Error, StringComparison.Ordinal);
            Assert.Contains(traceback, card.Traceback ?? "", StringComparison.Ordinal);
            Assert.Contains("this is the end", card.StandardError, StringComparison.Ordinal);
            Assert.Equal((exitCode, role, 3, "local-7"), (card.ExitCode, card.Role, card.Task, card.Job));
        }
    }

    [Theory]
    [InlineData("var all = new List<byte[]>(); while (true) all.Add(new byte[1 << 20]);", "threw OutOfMemoryException on the record at byte 0 of data.txt: ")]
    [InlineData("while (true) { IntPtr p = System.Runtime.InteropServices.Marshal.AllocHGlobal(1 << 20); new Span<byte>((void*)p, 1 << 20).Fill(1); }", "was ended by signal 6, SIGABRT on the record at byte 0 of data.txt: Out of memory")]
    public void Code_that_eats_memory_fails_at_its_limit(string body, string error)
    {
        using Workbench bench = new(options => options with { DotNetIsolation = DotNetIsolation.OwnProcess, ProcessMemoryBytesMax = 400 << 20 }, compilesHere: true);
        string mapper = bench.Write("eats.cs", Mapper("unsafe { " + body + " }"));
        FailureCard card = Assert.Throws<UserCodeFault>(() => bench.Map(mapper, "a\nb\n")).Card;
        Assert.StartsWith($"the mapper 'eats.cs' {error}", card.Error, StringComparison.Ordinal);
        Assert.EndsWith("; its process may use 400 MiB", card.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_code_writes_on_the_console_goes_to_its_standard_error_and_what_it_reads_is_empty()
    {
        string mapper = Bench.Write("talks.cs", Mapper("""
            Console.Write("said ");
            Console.OpenStandardOutput().Write("raw\n"u8);
            System.Diagnostics.Process.Start("/bin/sh", ["-c", "echo child; echo reporter:counter:g,n,2 >&2"])!.WaitForExit();
            output.Emit(record, Encoding.UTF8.GetBytes($"{Console.In.Read()}"));
            if (record.Length > 1) throw new Exception();
            """));
        AttemptContext attempt = Workbench.Attempt();
        Assert.Equal([("a", "-1")], Bench.Map(mapper, "a\n", attempt).Pairs);
        Assert.Equal(2, attempt.Report.Counters()["g:n"]);
        Assert.Equal("said raw\nchild\n", Assert.Throws<UserCodeFault>(() => Bench.Map(mapper, "bb\n")).Card.StandardError);
    }

    [Fact]
    public void A_process_is_kept_for_the_tasks_of_its_job_and_ends_with_it()
    {
        string file = Bench.Write("id.cs", Mapper("output.Emit(Encoding.UTF8.GetBytes($\"{Environment.ProcessId}\"), Encoding.UTF8.GetBytes(Directory.GetCurrentDirectory()));"));
        CodeFile mapper = Bench.Load(file, "mapper");
        JobCode first = new(new JobId("local", 1), mapper, CodeFiles.Identity, null), second = first with { Job = new JobId("local", 2) };
        PairList pairs = new();
        Workbench.Using(Bench.Open(first), one => Workbench.Using(Bench.Open(second), two =>
        {
            foreach (IUserCode code in new[] { one, one, two, one, two })
            {
                code.Map(Workbench.Attempt(), new RecordList("a\n"u8.ToArray()), pairs);
            }
        }));
        string[] processes = [.. pairs.Pairs.Select(pair => pair.Key)];
        Assert.Equal([processes[0], processes[0], processes[2], processes[0], processes[2]], processes);
        Assert.NotEqual(processes[0], processes[2]);
        Assert.All(processes, process => Assert.False(Directory.Exists($"/proc/{process}")));
        Assert.All(pairs.Pairs, pair => Assert.StartsWith(Bench.Options.WorkFolder, pair.Value, StringComparison.Ordinal));
        Assert.Equal(0, Bench.WorkFoldersLeft);
    }

    [Fact]
    public void Each_worker_that_opens_a_job_knows_what_its_code_emits()
    {
        string file = Bench.Write("words.cs", WordCount);
        Workbench.Using(Bench.Open(file, file), _ => Workbench.Using(Bench.Open(file, file), second => Assert.Equal((ValueFormat.Text, ValueFormat.Json), (second.MapOutput, second.ReduceOutput))));
    }

    [Fact]
    public void A_process_that_ended_while_it_waited_is_replaced()
    {
        string mapper = Bench.Write("late.cs", Mapper("output.Emit(Encoding.UTF8.GetBytes($\"{Environment.ProcessId}\"), default);"));
        PairList pairs = new();
        Workbench.Using(Bench.Open(mapper), code =>
        {
            code.Map(Workbench.Attempt(), new RecordList("a\n"u8.ToArray()), pairs);
            using (var process = System.Diagnostics.Process.GetProcessById(int.Parse(pairs.Pairs[0].Key, System.Globalization.CultureInfo.InvariantCulture)))
            {
                process.Kill();
                string status = $"/proc/{process.Id}";
                Assert.True(SpinWait.SpinUntil(() => File.ReadAllText(status + "/stat").Contains(") Z", StringComparison.Ordinal) && Directory.GetDirectories(status + "/task").Length == 1, TimeSpan.FromSeconds(20)));
            }

            code.Map(Workbench.Attempt(), new RecordList("a\n"u8.ToArray()), pairs);
        });
        Assert.NotEqual(pairs.Pairs[0], pairs.Pairs[1]);
    }

    [Fact]
    public void It_has_the_clean_environment_and_nothing_in_its_folder()
    {
        Environment.SetEnvironmentVariable("KATANEMIMENA_TEST_SECRET", "x");
        string mapper = Bench.Write("env.cs", Mapper("""
            output.Emit("secret"u8, Encoding.UTF8.GetBytes(Environment.GetEnvironmentVariable("KATANEMIMENA_TEST_SECRET") ?? "none"));
            output.Emit("files"u8, Encoding.UTF8.GetBytes($"{Directory.GetFileSystemEntries(".").Length}"));
            """));
        Assert.Equal([("secret", "none"), ("files", "0")], Bench.Map(mapper, "a\n").Pairs);
    }

    [Fact]
    public void A_process_that_writes_to_the_engines_descriptor_or_closes_it_fails_its_attempt()
    {
        string mapper = Bench.Write("forge.cs", Mapper("""
            for (int i = 3; i < 200; i++)
            {
                try { using var file = new FileStream(new Microsoft.Win32.SafeHandles.SafeFileHandle(i, record.Length > 1), FileAccess.Write, 0); file.Write(new byte[64]); } catch { }
            }
            Thread.Sleep(-1);
            """));
        Assert.Contains("a file descriptor that it had not opened", Assert.Throws<UserCodeFault>(() => Bench.Map(mapper, "a\n")).Card.Error, StringComparison.Ordinal);
    }
}
