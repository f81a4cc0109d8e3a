using System.Text;
using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd.Matrix;

/// <summary>The first contract gives what its users know from a plain sequential run, quirks included.</summary>
public sealed class WordCountDefinitionTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task Word_count_counts_an_empty_word_for_a_blank_line_and_between_two_spaces()
    {
        _sandbox.Write("mapper.py", "def mapper(arr): return [(w, 1) for w in arr]\n");
        _sandbox.Write("reducer.py", "def reducer(entries): return {k: sum(v) for k, v in entries.items()}\n");
        _sandbox.Write("data", "b  a\n\n   \na   b \r\n  c\n");

        Outcome outcome = await _sandbox.RunAsync("run", "--quiet", "--data", "data", "--mapper", "mapper.py", "--reducer", "reducer.py");

        // "b  a": one; the blank line and the line of spaces: one each; "a   b": two; leading spaces are trimmed.
        Assert.Equal("\t5\na\t2\nb\t2\nc\t1\n", Encoding.UTF8.GetString(outcome.Expect(0).Output));
    }

    [Fact]
    public async Task Every_chunk_size_sees_the_same_blank_lines()
    {
        _sandbox.Write("mapper.py", "def mapper(arr): return [(w, 1) for w in arr]\n");
        _sandbox.Write("reducer.py", "def reducer(entries): return {k: sum(v) for k, v in entries.items()}\n");
        _sandbox.Write("data", string.Concat(Enumerable.Range(0, 4_000).Select(i => new string('\n', 1 + (i % 3)) + "x  y")));
        int blank = Enumerable.Range(0, 4_000).Sum(i => i % 3) + 1;

        Outcome outcome = await _sandbox.RunAsync(
            "run", "--quiet", "--data", "data", "--mapper", "mapper.py", "--reducer", "reducer.py", "--chunk-size", "1K", "--workers", "3");

        Assert.Equal($"\t{blank + 4_000}\nx\t4000\ny\t4000\n", Encoding.UTF8.GetString(outcome.Expect(0).Output));
    }
}
