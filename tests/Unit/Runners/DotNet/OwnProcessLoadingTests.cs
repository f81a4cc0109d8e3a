using Katanemimena.Core;
using Katanemimena.Runners;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.DotNet;

public sealed class OwnProcessLoadingTests() : DotNetLoadingContract(DotNetIsolation.OwnProcess)
{
    [Fact]
    public void A_source_is_compiled_once_and_one_that_does_not_compile_leaves_nothing_in_the_cache()
    {
        string file = Bench.Write("m.cs", Mapper);
        Assert.Equal([("a", "")], Bench.Map(file, "a\n").Pairs);
        string compiled = Directory.GetFiles(Bench.Options.CacheFolder).Single();
        DateTime written = File.GetLastWriteTimeUtc(compiled);
        Assert.Equal([("a", "")], Bench.Map(file, "a\n").Pairs);
        Assert.Throws<UserCodeFault>(() => Bench.Map(Bench.Write("n.cs", "class {"), "a\n"));
        Assert.Equal(compiled, Directory.GetFiles(Bench.Options.CacheFolder).Single());
        Assert.Equal(written, File.GetLastWriteTimeUtc(compiled));
        Assert.Equal(0, Bench.WorkFoldersLeft);
    }

    [Fact]
    public void A_source_that_brings_the_compiler_down_fails_its_job_alone()
    {
        using Workbench bench = new(options => options with { DotNetIsolation = DotNetIsolation.OwnProcess, ProcessMemoryBytesMax = 300 << 20 });
        string exponential = $"public class A {{ const string S0 = \"xx\"; {string.Concat(Enumerable.Range(1, 28).Select(n => $"public const string S{n} = S{n - 1} + S{n - 1}; "))} }}";
        FailureCard card = Assert.Throws<UserCodeFault>(() => bench.Open(bench.Write("hostile.cs", exponential))).Card;
        Assert.StartsWith("the mapper 'hostile.cs' cannot be compiled: the compiler ", card.Error, StringComparison.Ordinal);
        Assert.Equal([("a", "")], bench.Map(bench.Write("m.cs", Mapper), "a\n").Pairs);
    }

    [Theory]
    [InlineData("static M() => Environment.Exit(5);", "does not load: its process ended with exit code 5")]
    [InlineData("public M() => Environment.FailFast(\"no\");", "does not load: its process was ended by signal 6, SIGABRT: Process terminated: no")]
    public void Code_that_ends_its_process_as_it_is_loaded_fails_the_job(string member, string error)
    {
        string mapper = Bench.Write("m.cs", Mapper.Replace("{ public void", $"{{ {member} public void", StringComparison.Ordinal));
        FailureCard card = Assert.Throws<UserCodeFault>(() => Bench.Open(mapper)).Card;
        Assert.Equal($"the mapper 'm.cs' {error}", card.Error);
        Assert.Equal(("map", "local-7"), (card.Stage, card.Job));
        Assert.Equal(0, Bench.WorkFoldersLeft);
    }
}
