using System.Text;
using System.Text.Json;
using Katanemimena.Core;
using Katanemimena.DataPath;
using Xunit;
using static Katanemimena.Tests.Unit.DataPath.Result.Groups;

namespace Katanemimena.Tests.Unit.DataPath.Result;

public class TsvFormatTests
{
    [Theory]
    [InlineData("key", "value", "key\tvalue\n")]
    [InlineData("", "", "\t\n")]
    [InlineData("a\tb", "c\nd", "a\\tb\tc\\nd\n")]
    [InlineData("a\rb", "c\\d", "a\\rb\tc\\\\d\n")]
    [InlineData("\\t", "\t\n\r\\", "\\\\t\t\\t\\n\\r\\\\\n")]
    [InlineData("\"quoted\"", "{\"a\":1}", "\"quoted\"\t{\"a\":1}\n")]
    [InlineData("nul\0", "\u0001\u001f\u007f", "nul\0\t\u0001\u001f\u007f\n")]
    [InlineData("invalid \u00ff\u00fe", "\u00c3", "invalid \u00ff\u00fe\t\u00c3\n")]
    public void Text_is_written_as_it_is_with_the_escapes_of_linear_TSV(string key, string value, string expected) =>
        Assert.Equal(expected, Write(ResultFormat.Tsv, ValueFormat.Text, (key, value)));

    [Theory]
    [InlineData("1", "1")]
    [InlineData("-1.5e300", "-1.5e300")]
    [InlineData("true", "true")]
    [InlineData("null", "null")]
    [InlineData("[1,\"a\\tb\",{}]", "[1,\"a\\tb\",{}]")]
    [InlineData("{\"a\":\"x\"}", "{\"a\":\"x\"}")]
    [InlineData("[1,\r\n\t2]", "[1,2]")]
    [InlineData("\"\"", "")]
    [InlineData("\"text\"", "text")]
    [InlineData("\"a\\tb\\nc\\rd\\\\e\"", "a\\tb\\nc\\rd\\\\e")]
    [InlineData("\"\\\"\\/\\b\\f\"", "\"/\b\f")]
    [InlineData("\"\\u0041\\u0009\\u0000\"", "A\\t\0")]
    [InlineData("\"\\u00e9\\u20AC\"", "\u00c3\u00a9\u00e2\u0082\u00ac")]
    [InlineData("\"\\ud83d\\ude00!\"", "\u00f0\u009f\u0098\u0080!")]
    [InlineData("\"\\ud83d\"", "\u00ed\u00a0\u00bd")]
    [InlineData("\"\\ude00\\ud83d\\u0041\"", "\u00ed\u00b8\u0080\u00ed\u00a0\u00bdA")]
    [InlineData("\"invalid \u00ff\"", "invalid \u00ff")]
    public void JSON_strings_are_written_as_their_text_and_other_values_as_they_are(string json, string expected) =>
        Assert.Equal($"k\t{expected}\n", Write(ResultFormat.Tsv, ValueFormat.Json, ("k", json)));

    [Theory]
    [InlineData("\"", 1)]
    [InlineData("\"abc", 4)]
    [InlineData("\"abc\\\"", 4)]
    [InlineData("\"a\"b\"", 2)]
    [InlineData("\"ab\\x\"", 3)]
    [InlineData("\"\\u12\"", 1)]
    [InlineData("\"\\u12g4\"", 1)]
    [InlineData("\"\\u+123\"", 1)]
    public void A_string_that_is_not_JSON_is_refused_with_its_key_and_place(string json, int offset)
    {
        PermanentFault fault = Assert.Throws<PermanentFault>(() => Write(ResultFormat.Tsv, ValueFormat.Json, ("the key", json)));
        Assert.Contains($"the value of key \"the key\" is not valid JSON at its byte {offset}", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("key", "\tvalue\twith\ttabs", "key\tvalue\twith\ttabs\n")]
    [InlineData("no tab", "", "no tab\n")]
    [InlineData("back\\slash\r", "\t\\n\r", "back\\slash\r\t\\n\r\n")]
    public void Lines_are_written_verbatim(string key, string value, string expected) =>
        Assert.Equal(expected, Write(ResultFormat.Tsv, ValueFormat.Line, (key, value)));

    [Fact]
    public void Values_that_repeat_are_written_as_often() =>
        Assert.Equal("a\t1\na\t1\na\t2\na\t1\nb\t1\n", Write(ResultFormat.Tsv, ValueFormat.Text, ("a", "1"), ("a", "1"), ("a", "2"), ("a", "1"), ("b", "1")));

    [Fact]
    public void Text_of_every_length_comes_back_when_its_escapes_are_undone()
    {
        var random = new Random(41);
        foreach (int length in Enumerable.Range(0, 200).Append(OutputBuffer.Capacity - 3).Append(3 * OutputBuffer.Capacity))
        {
            string key = Some(random, length);
            string value = Some(random, random.Next(200));
            string line = Write(ResultFormat.Tsv, ValueFormat.Text, (key, value));
            Assert.Equal([key, value], line.TrimEnd('\n').Split('\t').Select(Unescape));

            string json = JsonSerializer.Serialize(key);
            string fromJson = Write(ResultFormat.Tsv, ValueFormat.Json, ("", json));
            Assert.Equal(key, Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(Unescape(fromJson[1..^1]))));
        }
    }

    /// <summary>Mostly plain letters; one in a few is a byte at the edge of something.</summary>
    private static string Some(Random random, int length)
    {
        const string Edges = "\0\t\n\r\\\"\u001f\u007f\u0080\u00ff[]]";
        int rate = random.Next(1, 40);
        return string.Concat(Enumerable.Range(0, length).Select(_ => random.Next(rate) == 0 ? Edges[random.Next(Edges.Length)] : (char)random.Next('a', 'z')));
    }

    private static string Unescape(string text)
    {
        var plain = new StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            plain.Append(text[i] != '\\' ? text[i] : text[++i] switch { 't' => '\t', 'n' => '\n', 'r' => '\r', '\\' => '\\', _ => throw new FormatException() });
        }

        return plain.ToString();
    }
}
