using System.Text.Json;
using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd;

/// <summary>C# code that does not return, wherever it stands, fails its job in time and holds up no signal.</summary>
public sealed class StuckCodeTests : IDisposable
{
    private const int Terminate = 15;

    private readonly Sandbox _sandbox = new();

    public StuckCodeTests()
    {
        string begun = JsonSerializer.Serialize(_sandbox["begun"]);
        string stick = $"""System.IO.File.WriteAllText({begun}, ""); System.Threading.Thread.Sleep(-1);""";
        _sandbox.Write("data.txt", string.Concat(Enumerable.Repeat("a b c\n", 1000)));
        _sandbox.Write("good.cs", Programs.DotNetLineCount);
        _sandbox.Write("fold.cs", $$"""
            using System;
            using Katanemimena.Sdk;

            public sealed class Fold : IFoldCombiner
            {
                public bool TryFold(Span<byte> accumulator, ReadOnlySpan<byte> value, long repeat) { {{stick}} return true; }
            }
            """);
        _sandbox.Write("constructor.cs", Programs.DotNetLineCount.Replace("class Lines : IMapper\n{", $"class Lines : IMapper\n{{\n    public Lines() {{ {stick} }}", StringComparison.Ordinal));
        _sandbox.Write("static.cs", Programs.DotNetLineCount.Replace("class Sum : IReducer\n{", $"class Sum : IReducer\n{{\n    static Sum() {{ {stick} }}", StringComparison.Ordinal));
    }

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData("good.cs", "good.cs", "fold.cs", "the combiner 'fold.cs' neither took a record nor emitted one for 1 s")]
    [InlineData("cat", "good.cs", "fold.cs", "the combiner 'fold.cs' neither took a record nor emitted one for 1 s")]
    [InlineData("constructor.cs", "good.cs", null, "the mapper 'constructor.cs' was not ready within 1 s")]
    [InlineData("good.cs", "static.cs", null, "the reducer 'static.cs' was not ready within 1 s")]
    public async Task Stuck_code_fails_the_job_at_its_timeout(string mapper, string reducer, string? combiner, string error)
    {
        string[] combining = combiner is null ? [] : ["--combiner", combiner];
        (await _sandbox.RunAsync(["run", "--data", "data.txt", "--mapper", mapper, "--reducer", reducer, .. combining, "--task-timeout", "1s", "--attempts", "2"])).ExpectError(1, error);
        await _sandbox.ExpectCleanAsync();
    }

    [Theory]
    [InlineData("good.cs", "good.cs", "fold.cs")]
    [InlineData("constructor.cs", "good.cs", null)]
    [InlineData("good.cs", "static.cs", null)]
    public async Task Stuck_code_holds_up_no_signal(string mapper, string reducer, string? combiner)
    {
        string[] combining = combiner is null ? [] : ["--combiner", combiner];
        using Mrctl mrctl = _sandbox.Start(null, ["run", "--data", "data.txt", "--mapper", mapper, "--reducer", reducer, .. combining]);
        await mrctl.UntilAsync(() => File.Exists(_sandbox["begun"]), "the code began");
        mrctl.Signal(Terminate);
        (await mrctl.EndAsync()).Expect(143);
        await _sandbox.ExpectCleanAsync();
    }
}
