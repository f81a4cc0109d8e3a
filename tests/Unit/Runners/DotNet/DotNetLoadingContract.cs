using Katanemimena.Core;
using Katanemimena.Runners;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.DotNet;

/// <summary>How .NET code is made ready wherever it runs.</summary>
public abstract class DotNetLoadingContract : IDisposable
{
    protected const string Mapper = "public class M : IMapper { public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output) => output.Emit(record, default); }";
    private readonly Func<UserCodeHostOptions, UserCodeHostOptions> _change;

    protected DotNetLoadingContract(DotNetIsolation isolation, SandboxDemand sandbox = SandboxDemand.Off)
    {
        _change = options => options with { DotNetIsolation = isolation, Sandbox = sandbox };
        Bench = new Workbench(_change);
    }

    private protected Workbench Bench { get; }

    public void Dispose()
    {
        Bench.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void Compile_errors_come_with_file_line_and_column()
    {
        UserCodeFault fault = Assert.Throws<UserCodeFault>(() => Bench.Open(Bench.Write("broken.cs", "public class M : IMapper\n{\n    int x = \"no\";\n}\n")));
        Assert.Contains("the mapper 'broken.cs' does not compile: broken.cs(1,18): error CS0535", fault.Card.Error, StringComparison.Ordinal);
        Assert.Contains("broken.cs(3,13): error CS0029", fault.Card.Traceback, StringComparison.Ordinal);
        Assert.Equal(("map", "local-7"), (fault.Card.Stage, fault.Card.Job));
    }

    [Fact]
    public void An_assembly_finds_what_it_references_beside_where_it_came_from()
    {
        string library = Compile("Library.dll", "namespace Lib { public static class Tool { public static byte[] Mark => [(byte)'!']; } }");
        string mapper = Bench.In("Mapper.dll");
        // Compiled together, then the library is taken from its own file at run time.
        using (FileStream output = File.Create(mapper))
        {
            Assert.Empty(RoslynCompiler.Compile(
                System.Text.Encoding.UTF8.GetBytes("""
                    using System.Reflection;
                    public class M : IMapper
                    {
                        public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output)
                        {
                            Assembly library = System.Runtime.Loader.AssemblyLoadContext.GetLoadContext(typeof(M).Assembly)!.LoadFromAssemblyName(new AssemblyName("UserCode.Library"));
                            output.Emit((byte[])library.GetType("Lib.Tool")!.GetProperty("Mark")!.GetValue(null)!, record);
                        }
                    }
                    """),
                "Mapper.cs",
                output));
        }

        File.Move(library, Bench.In("UserCode.Library.dll"));
        Assert.Equal([("!", "a")], Bench.Map(mapper, "a\n").Pairs);
    }

    [Fact]
    public void A_file_that_is_no_assembly_is_refused()
    {
        UserCodeFault fault = Assert.Throws<UserCodeFault>(() => Bench.Open(Bench.Write("m.dll", "MZ is not enough")));
        Assert.Contains("'m.dll' is not a .NET assembly", fault.Card.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_class_for_the_role_or_with_several_the_message_says_so()
    {
        Assert.Contains("no public class that implements IReducer", Fail(Mapper, "reducer"), StringComparison.Ordinal);
        Assert.Contains("several classes that implement IMapper: M, N; leave one, or name it as two.cs#M", Fail(Mapper + Mapper.Replace("class M", "class N", StringComparison.Ordinal), "mapper"), StringComparison.Ordinal);
        Assert.Contains("has no public constructor without parameters", Fail(Mapper.Replace("{ public void", "{ public M(int x) { } public void", StringComparison.Ordinal), "mapper"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_class_can_be_named()
    {
        string two = Bench.Write("two.cs", Mapper + Mapper.Replace("class M", "class N", StringComparison.Ordinal).Replace("record, default", "\"n\"u8, record", StringComparison.Ordinal));
        Assert.Equal([("n", "a")], Bench.Map(two + "#N", "a\n").Pairs);
        Assert.Throws<UserCodeFault>(() => Bench.Open(two + "#O"));
    }

    [Fact]
    public void A_constructor_that_throws_fails_when_the_job_is_opened()
    {
        string mapper = Bench.Write("m.cs", Mapper.Replace("{ public void", "{ public M() => throw new ArgumentException(\"bad luck\"); public void", StringComparison.Ordinal));
        Assert.Contains("threw ArgumentException: bad luck", Assert.Throws<UserCodeFault>(() => Bench.Open(mapper)).Card.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mapper", """public M() => Thread.Sleep(Timeout.Infinite);""")]
    [InlineData("mapper", """static M() => Thread.Sleep(Timeout.Infinite);""")]
    [InlineData("mapper", "public ValueFormat Output { get { while (true) { } } }")]
    [InlineData("combiner", """public M() => Thread.Sleep(Timeout.Infinite);""")]
    public async Task Code_that_never_gets_ready_fails_after_the_timeout_and_ends_when_cancelled(string role, string member)
    {
        using Workbench bench = new(options => _change(options) with { OpenTimeout = TimeSpan.FromSeconds(0.2) });
        string source = role == "mapper" ? Mapper : "public class M : IFoldCombiner { public bool TryFold(Span<byte> a, ReadOnlySpan<byte> v, long n) => true; }";
        string stuck = bench.Write("stuck.cs", source.Replace("{ public", $"{{ {member} public", StringComparison.Ordinal));
        string good = bench.Write("good.cs", Mapper);
        CodeFile mapper = bench.Load(role == "mapper" ? stuck : good, "mapper");
        JobCode code = new(Workbench.Job, mapper, CodeFiles.Identity, role == "mapper" ? null : bench.Load(stuck, role));
        UserCodeFault fault = await Assert.ThrowsAsync<UserCodeFault>(() => bench.Host.OpenAsync(code, CancellationToken.None).AsTask());
        Assert.StartsWith($"the {role} 'stuck.cs' was not ready within 0.2 s: its constructor", fault.Card.Error, StringComparison.Ordinal);

        await using UserCodeHost patient = new(bench.Options with { OpenTimeout = TimeSpan.FromHours(1) });
        using CancellationTokenSource cancelled = new(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => patient.OpenAsync(code, cancelled.Token).AsTask());
    }

    private string Fail(string source, string role)
    {
        CodeFile file = Bench.Load(Bench.Write("two.cs", source), role);
        CodeFile mapper = role == "mapper" ? file : Bench.Load("cat", "mapper");
        return Assert.Throws<UserCodeFault>(() => Bench.Open(new JobCode(Workbench.Job, mapper, role == "reducer" ? file : CodeFiles.Identity, null))).Card.Error;
    }

    private string Compile(string name, string source)
    {
        using FileStream output = File.Create(Bench.In(name));
        Assert.Empty(RoslynCompiler.Compile(System.Text.Encoding.UTF8.GetBytes(source), Path.ChangeExtension(name, ".cs"), output));
        return Bench.In(name);
    }
}
