using System.Globalization;
using System.Text;
using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd;

/// <summary>Awkward data gives the same answer as the plain definition: each line, without its LF, counted; ordered by its bytes.</summary>
public sealed class RightAnswerTests : IDisposable
{
    private static readonly Dictionary<string, byte[]> Cases = new()
    {
        ["empty"] = [],
        ["one LF"] = "\n"u8.ToArray(),
        ["blank lines"] = "a\n\n\nb\n\n"u8.ToArray(),
        ["no last newline"] = "a\nb\na"u8.ToArray(),
        ["CRLF"] = "a\r\nb\r\na\na\r\n\r\n"u8.ToArray(),
        ["NUL"] = "a\0b\na\0b\n\0\na\n"u8.ToArray(),
        ["invalid UTF-8"] = [0xff, 10, 0xfe, 0xff, 10, 0xc3, 10, 0xc3, 0xa9, 10, 0xff, 10, 0xed, 0xa0, 0x80, 10, 0xf0, 0x9f, 10],
        ["backslashes"] = "a\\b\n\\n\n\\\n\\\\\n"u8.ToArray(),
        ["trailing spaces"] = "key\nkey \nkey  \n key\nkey \n"u8.ToArray(),
        ["normal forms"] = "\u00e9\ne\u0301\n\u00e9\n\ufeffx\nx\n"u8.ToArray(),
        ["order by bytes"] = "\U0001F600\n\uffff\nz\nA\n\u00e9\n~\n"u8.ToArray(),
        ["one key only"] = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("same\n", 50_000))),
    };

    private readonly Sandbox _sandbox = new();

    public static TheoryData<string, string> CasesByContract()
    {
        var data = new TheoryData<string, string>();
        foreach (string name in Cases.Keys)
        {
            data.Add("generators", name);
            data.Add("streaming", name);
            data.Add("dotnet", name);
        }

        return data;
    }

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [MemberData(nameof(CasesByContract))]
    public async Task Lines_are_counted_as_they_are(string contract, string name)
    {
        byte[] data = Cases[name];
        _sandbox.Write("data", data);
        Outcome outcome = await _sandbox.RunAsync(["run", "--data", "data", .. Code(contract)]);
        Assert.Equal(Hex(LineCount(data, escaped: contract != "streaming")), Hex(outcome.Expect(0).Output));
        await _sandbox.ExpectCleanAsync();
    }

    [Theory]
    [InlineData("generators")]
    [InlineData("streaming")]
    [InlineData("dotnet")]
    public async Task Small_chunks_and_many_reducers_give_the_same(string contract)
    {
        byte[] data = Lines(new Random(11), 3_000, 40);
        _sandbox.Write("data", data);
        Outcome outcome = await _sandbox.RunAsync(["run", "--data", "data", "--chunk-size", "4K", "--reducers", "5", "--workers", "3", .. Code(contract)]);
        Assert.Equal(Hex(LineCount(data, escaped: contract != "streaming")), Hex(outcome.Expect(0).Output));
    }

    [Theory]
    [InlineData("generators")]
    [InlineData("dotnet")]
    public async Task Million_distinct_keys_are_all_there_in_order(string contract)
    {
        int[] numbers = [.. Enumerable.Range(0, 1_000_000)];
        new Random(5).Shuffle(numbers);
        _sandbox.Write("data", string.Concat(numbers.Select(number => string.Create(CultureInfo.InvariantCulture, $"key{number:0000000}\n"))));
        Outcome outcome = await _sandbox.RunAsync(["run", "--data", "data", .. Code(contract)]);
        string expected = string.Concat(Enumerable.Range(0, 1_000_000).Select(number => string.Create(CultureInfo.InvariantCulture, $"key{number:0000000}\t1\n")));
        Assert.True(expected == outcome.Expect(0).Text, "the result differs");
    }

    /// <summary>More runs, spills, parts and workers than files: they are merged in more passes.</summary>
    [Fact]
    public async Task Few_files_that_may_be_open_are_enough()
    {
        byte[] data = Lines(new Random(12), 20_000, 40);
        _sandbox.Write("data", data);
        const string options = "--chunk-size 4K --workers 16 --memory 16M --reducers 500";
        Outcome outcome = await _sandbox.ShellAsync($"ulimit -n 384; exec mrctl run --data data {options} {string.Join(' ', Code("dotnet"))}");
        Assert.Equal(Hex(LineCount(data, escaped: true)), Hex(outcome.Expect(0).Output));
        await _sandbox.ExpectCleanAsync();
    }

    [Theory]
    [InlineData("generators")]
    [InlineData("streaming")]
    [InlineData("dotnet")]
    public async Task Line_of_64_MiB_is_one_record(string contract)
    {
        const int Length = 64 << 20;
        byte[] line = new byte[Length + 8];
        Array.Fill(line, (byte)'x');
        "ab\n"u8.CopyTo(line);
        "\nabcd"u8.CopyTo(line.AsSpan(line.Length - 5));
        _sandbox.Write("data", line);
        _sandbox.Write("length.py", "def map(key, line):\n    yield len(line), key\n");
        _sandbox.Script("length.sh", "#!/usr/bin/env python3\nimport sys\nfor line in sys.stdin.buffer: print(len(line.rstrip(b'\\n')), 1, sep='\\t')\n");
        _sandbox.Write("Length.cs", """
            using System;
            using System.Text;
            using Katanemimena.Sdk;

            public sealed class Length : IMapper
            {
                public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output) =>
                    output.Emit(Encoding.UTF8.GetBytes(record.Length.ToString()), Encoding.UTF8.GetBytes(offset.ToString()));
            }
            """);
        string[] mapper = contract switch { "generators" => ["length.py"], "streaming" => ["./length.sh"], _ => ["Length.cs"] };
        Outcome outcome = await _sandbox.RunAsync(["run", "--data", "data", "--mapper", .. mapper]);
        string[] keys = [.. outcome.Expect(0).Text.TrimEnd('\n').Split('\n').Select(row => row.Split('\t')[0])];
        Assert.Equal(["2", "4", (Length).ToString(CultureInfo.InvariantCulture)], keys);
    }

    [Theory]
    [InlineData("a  b\n\n a b \n")]
    [InlineData("")]
    [InlineData("\n\n\n")]
    [InlineData("one\ntwo")]
    [InlineData("a\tb c\r\nc\r\n")]
    public async Task Word_count_by_functions_follows_the_sequential_definition(string text)
    {
        _sandbox.Write("data", text);
        _sandbox.Write("wc.py", Programs.FunctionsWordCount);
        Outcome outcome = await _sandbox.RunAsync("run", "--data", "data", "--mapper", "wc.py", "--reducer", "wc.py");
        Assert.Equal(WordCount(text), outcome.Expect(0).Text);
    }

    [Fact]
    public async Task Word_count_of_many_lines_is_the_same_with_and_without_a_combiner()
    {
        string text = Encoding.Latin1.GetString(Lines(new Random(3), 20_000, 60));
        _sandbox.Write("data", text);
        _sandbox.Write("wc.py", Programs.FunctionsWordCount);
        string expected = WordCount(text);
        foreach (string[] more in new[] { [], new[] { "--combiner", "wc.py" } })
        {
            Outcome outcome = await _sandbox.RunAsync(["run", "--data", "data", "--mapper", "wc.py", "--reducer", "wc.py", "--chunk-size", "32K", .. more]);
            Assert.Equal(expected, outcome.Expect(0).Text);
        }
    }

    private string[] Code(string contract)
    {
        switch (contract)
        {
            case "generators":
                _sandbox.Write("lines.py", Programs.GeneratorsLineCount);
                return ["--mapper", "lines.py", "--reducer", "lines.py"];
            case "streaming":
                return ["--mapper", _sandbox.Script("lines.sh", Programs.StreamingLineMapper), "--reducer", _sandbox.Script("sum.sh", Programs.StreamingSumReducer)];
            default:
                _sandbox.Write("Lines.cs", Programs.DotNetLineCount);
                return ["--mapper", "Lines.cs", "--reducer", "Lines.cs"];
        }
    }

    private static byte[] Lines(Random random, int count, int lengthMax)
    {
        using var all = new MemoryStream();
        for (int i = 0; i < count; i++)
        {
            for (int length = random.Next(lengthMax); length > 0; length--)
            {
                all.WriteByte((byte)"abc  "[random.Next(5)]);
            }

            all.WriteByte((byte)'\n');
        }

        return all.ToArray();
    }

    /// <summary>The definition: lines split at LF, counted, sorted by their bytes, written with the escapes of linear TSV.</summary>
    private static byte[] LineCount(byte[] data, bool escaped)
    {
        string text = Encoding.Latin1.GetString(data);
        IEnumerable<string> lines = text.Length == 0 ? [] : (text[^1] == '\n' ? text[..^1] : text).Split('\n');
        IEnumerable<string> rows = lines.GroupBy(line => line, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => $"{(escaped ? Escape(group.Key) : group.Key)}\t{group.Count()}\n");
        return Encoding.Latin1.GetBytes(string.Concat(rows));
    }

    private static string WordCount(string text)
    {
        IEnumerable<string> lines = text.Length == 0 ? [] : (text[^1] == '\n' ? text[..^1] : text).Split('\n');
        IEnumerable<string> rows = lines.SelectMany(line => line.Trim().Split(' '))
            .GroupBy(word => word, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => $"{Escape(group.Key)}\t{group.Count()}\n");
        return string.Concat(rows);
    }

    private static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal);

    private static string Hex(byte[] bytes) => bytes.Length > 20_000 ? Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes)) : Convert.ToHexString(bytes);
}
