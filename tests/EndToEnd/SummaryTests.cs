using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd;

/// <summary>The summary reads well.</summary>
public sealed class SummaryTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public SummaryTests() => _sandbox.Write("wc.py", Programs.GeneratorsLineCount);

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task One_of_a_thing_is_in_the_singular()
    {
        _sandbox.Write("data.txt", "a\n");
        Outcome outcome = (await _sandbox.RunAsync("run", "--data", "data.txt", "--mapper", "wc.py", "--reducer", "wc.py")).Expect(0);
        Assert.Contains(": 1 record (2 B) in, 1 pair (4 B) out", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("1 task, 1 record to 1 pair\n", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("1 task, 1 value of 1 key to 1 pair\n", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"\b1 (records|pairs|values|keys|tasks|files|chunks|attempts|spills)\b", outcome.Error);
    }

    [Fact]
    public async Task Lines_of_the_stages_fit_into_80_columns()
    {
        _sandbox.Write("data.txt", string.Concat(Enumerable.Range(0, 20_000).Select(number => $"{number}\n")));
        Outcome outcome = (await _sandbox.RunAsync("run", "--data", "data.txt", "--mapper", "wc.py", "--reducer", "wc.py", "--output", "out.tsv")).Expect(0);
        string[] stages = [.. outcome.Error.Split('\n').Where(line => line.StartsWith("  ", StringComparison.Ordinal) && !line.Contains(" result ", StringComparison.Ordinal))];
        Assert.Equal(8, stages.Length);
        Assert.All(stages, line => Assert.InRange(line.Length, 1, 80));
    }
}
