using Katanemimena.Core;
using Katanemimena.Runners;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.DotNet;

public sealed class DotNetLoadingTests() : DotNetLoadingContract(DotNetIsolation.InProcess)
{
    private int _compiled;

    [Fact]
    public async Task A_file_is_compiled_once_for_all_runners_that_share_a_cache()
    {
        CodeFile file = Bench.Load(Bench.Write("m.cs", Mapper), "mapper");
        await OpenAsync(file);
        await OpenAsync(file);
        Assert.Equal(1, _compiled);
        await OpenAsync(Bench.Load(Bench.Write("m.cs", Mapper + " "), "mapper"));
        Assert.Equal(2, _compiled);
    }

    [Fact]
    public async Task A_file_that_does_not_compile_leaves_nothing_in_the_cache()
    {
        CodeFile file = Bench.Load(Bench.Write("m.cs", "class {"), "mapper");
        await Assert.ThrowsAsync<UserCodeFault>(() => OpenAsync(file));
        Assert.Empty(Directory.GetFiles(Bench.Options.CacheFolder));
    }

    // A runner of its own, as another process would have it.
    private async Task OpenAsync(CodeFile file)
    {
        await using DotNetRunner runner = new(Bench.Options, (source, name, output) =>
        {
            _compiled++;
            return RoslynCompiler.Compile(source, name, output);
        });
        await using IMapProgram program = await runner.OpenMapperAsync(Workbench.Job, file, CancellationToken.None);
    }
}
