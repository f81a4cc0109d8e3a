using System.Text;
using System.Text.Json;
using Katanemimena.Core;
using Katanemimena.DataPath;
using Xunit;
using static Katanemimena.Tests.Unit.DataPath.Result.Groups;

namespace Katanemimena.Tests.Unit.DataPath.Result;

public class JsonFormatTests
{
    [Fact]
    public void An_object_has_one_member_a_line()
    {
        Assert.Equal("{}\n", Write(ResultFormat.Json, ValueFormat.Json));
        Assert.Equal("{\n\"a\": 1\n}\n", Write(ResultFormat.Json, ValueFormat.Json, ("a", "1")));
        Assert.Equal("{\n\"\": [],\n\"b\": \"x\\ty\"\n}\n", Write(ResultFormat.Json, ValueFormat.Json, ("", "[]"), ("b", "\"x\\ty\"")));
    }

    [Fact]
    public void Jsonl_has_one_object_a_line_and_keys_may_come_twice()
    {
        Assert.Equal("", Write(ResultFormat.Jsonl, ValueFormat.Json));
        Assert.Equal(
            "{\"key\":\"a\",\"value\":1}\n{\"key\":\"a\",\"value\":1}\n{\"key\":\"b\",\"value\":{\"c\":2}}\n",
            Write(ResultFormat.Jsonl, ValueFormat.Json, ("a", "1"), ("a", "1"), ("b", "{\"c\":\n2}")));
    }

    [Theory]
    [InlineData(ResultFormat.Json, "{\n\"k\": {0}\n}\n")]
    [InlineData(ResultFormat.Jsonl, "{\"key\":\"k\",\"value\":{0}}\n")]
    public void Text_and_lines_become_strings(ResultFormat format, string pattern)
    {
        Assert.Equal(pattern.Replace("{0}", "\"a \\\"b\\\" \\\\ \\t\\n\\r\\b\\f\\u0000\\u001f\u007f\u00ff/\"", StringComparison.Ordinal),
            Write(format, ValueFormat.Text, ("k", "a \"b\" \\ \t\n\r\b\f\0\u001f\u007f\u00ff/")));
        Assert.Equal(pattern.Replace("{0}", "\"12\"", StringComparison.Ordinal), Write(format, ValueFormat.Text, ("k", "12")));
        Assert.Equal(pattern.Replace("{0}", "\"a\\tb\"", StringComparison.Ordinal), Write(format, ValueFormat.Line, ("k", "\ta\tb")));
        Assert.Equal(pattern.Replace("{0}", "\"\"", StringComparison.Ordinal), Write(format, ValueFormat.Line, ("k", "\t")));
        Assert.Equal(pattern.Replace("{0}", "\"\"", StringComparison.Ordinal), Write(format, ValueFormat.Line, ("k", "")));
    }

    [Theory]
    [InlineData("1", "2")]
    [InlineData("1", "1")]
    public void A_key_that_comes_twice_is_refused_by_name(string first, string second)
    {
        PermanentFault fault = Assert.Throws<PermanentFault>(() => Write(ResultFormat.Json, ValueFormat.Json, ("a", "1"), ("the key", first), ("the key", second)));
        Assert.Contains("the key \"the key\" comes more than once", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_is_read_back_by_another_parser()
    {
        var random = new Random(42);
        (byte[] Key, byte[] Value)[] pairs = [.. Enumerable.Range(0, 300).Select(i => (Some(random, i), Some(random, random.Next(300))))];
        using JsonDocument whole = JsonDocument.Parse(WriteBytes(ResultFormat.Json, ValueFormat.Text, pairs));
        string[] lines = Encoding.UTF8.GetString(WriteBytes(ResultFormat.Jsonl, ValueFormat.Text, pairs)).Split('\n')[..^1];
        Assert.Equal(pairs.Length, lines.Length);
        foreach (((byte[] key, byte[] value), JsonProperty member, string line) in pairs.Zip(whole.RootElement.EnumerateObject(), lines))
        {
            using JsonDocument pair = JsonDocument.Parse(line);
            string expectedKey = Encoding.UTF8.GetString(key);
            string expectedValue = Encoding.UTF8.GetString(value);
            Assert.Equal((expectedKey, expectedValue), (member.Name, member.Value.GetString()!));
            Assert.Equal((expectedKey, expectedValue), (pair.RootElement.GetProperty("key").GetString()!, pair.RootElement.GetProperty("value").GetString()!));
        }
    }

    /// <summary>Text with its length in front, so that no two are equal.</summary>
    private static byte[] Some(Random random, int length) => Encoding.UTF8.GetBytes(
        length + string.Concat(Enumerable.Range(0, length).Select(_ => random.Next(4) == 0 ? (char)random.Next(0x20) : "\"\\/aé€\u007f\u2028"[random.Next(8)])));
}
