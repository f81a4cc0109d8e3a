using System.IO.Compression;
using System.Text;
using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd;

/// <summary>What is read, and what is said of what cannot be.</summary>
public sealed class DataTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public DataTests() => _sandbox.Write("wc.py", Programs.FunctionsWordCount);

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task Files_folders_globs_and_gzip_are_read_together()
    {
        _sandbox.Write("one.txt", "a b");
        _sandbox.Write("folder/x.txt", "a\n");
        _sandbox.Write("folder/deep/y.txt", "c\n");
        _sandbox.Write("logs/p.log", "a\n");
        _sandbox.Write("logs/q.log.gz", Gzip("d d\n"));
        _sandbox.Write("logs/ignored.txt", "z\n");
        Outcome outcome = await CountAsync("one.txt", "folder", "logs/*.log*");
        Assert.Equal("a\t3\nb\t1\nc\t1\nd\t2\n", outcome.Expect(0).Text);
    }

    [Fact]
    public async Task Standard_input_is_read()
    {
        Outcome outcome = await _sandbox.RunAsync("x y\ny"u8.ToArray(), "run", "--data", "-", "--mapper", "wc.py", "--reducer", "wc.py");
        Assert.Equal("x\t1\ny\t2\n", outcome.Expect(0).Text);
        await _sandbox.ExpectCleanAsync();
    }

    [Theory]
    [InlineData("mrctl run --data /dev/stdin --mapper wc.py --reducer wc.py < words.txt")]
    [InlineData("cat words.txt | mrctl run --data /dev/stdin --mapper wc.py --reducer wc.py")]
    [InlineData("cat words.txt | mrctl run --data /proc/self/fd/0 --mapper wc.py --reducer wc.py > /dev/stdout")]
    public async Task Standard_input_is_read_by_its_other_names(string line)
    {
        _sandbox.Write("words.txt", "x y\ny and some more words, so that the file is longer than any link to it\n");
        Outcome outcome = await _sandbox.ShellAsync(line);
        Assert.Contains("x\t1\ny\t2\n", outcome.Expect(0).Text, StringComparison.Ordinal);
        Assert.Contains("longer\t1\n", outcome.Text, StringComparison.Ordinal);
        await _sandbox.ExpectCleanAsync();
    }

    [Fact]
    public async Task Links_to_files_are_read_as_a_whole()
    {
        string text = string.Concat(Enumerable.Range(0, 1000).Select(number => $"w{number:D4}\n"));
        string expected = string.Concat(Enumerable.Range(0, 1000).Select(number => $"w{number:D4}\t4\n"));
        _sandbox.Write("deep/in/words.txt", text);
        Directory.CreateDirectory(_sandbox["linked"]);
        File.CreateSymbolicLink(_sandbox["link.txt"], "deep/in/words.txt");
        File.CreateSymbolicLink(_sandbox["linked/chain"], "../link.txt");
        Directory.CreateSymbolicLink(_sandbox["folder"], "linked");
        Outcome outcome = await CountAsync("link.txt", "linked", "folder", "fol*r");
        Assert.Equal(expected, outcome.Expect(0).Text);
    }

    [Fact]
    public async Task Link_that_is_longer_than_its_file_is_read()
    {
        _sandbox.Write("a-name-that-is-longer-than-what-is-in-the-file.txt", "a\n");
        File.CreateSymbolicLink(_sandbox["link.txt"], "a-name-that-is-longer-than-what-is-in-the-file.txt");
        Assert.Equal("a\t1\n", (await CountAsync("link.txt")).Expect(0).Text);
    }

    [Fact]
    public async Task Link_that_leads_nowhere_or_round_in_a_circle_is_named()
    {
        File.CreateSymbolicLink(_sandbox["dangling"], "gone.txt");
        File.CreateSymbolicLink(_sandbox["round"], "round");
        (await CountAsync("dangling")).ExpectError(2, "dangling", "gone.txt, which is not there");
        (await CountAsync("round")).ExpectError(2, "round", "circle");
    }

    [Fact]
    public async Task Empty_standard_input_gives_an_empty_result()
    {
        Outcome outcome = await _sandbox.RunAsync([], "run", "--data", "-", "--mapper", "wc.py", "--reducer", "wc.py");
        Assert.Empty(outcome.Expect(0).Output);
    }

    [Fact]
    public async Task Standard_input_and_files_count_in_the_order_given()
    {
        _sandbox.Write("a.txt", "k first\n");
        _sandbox.Write("b.txt", "k last\n");
        _sandbox.Write("pairs.py", "def mapper(arr):\n    return [(arr[0], arr[1])]\ndef reducer(entries):\n    return {key: ','.join(values) for key, values in entries.items()}\n");
        Outcome outcome = await _sandbox.RunAsync("k middle\n"u8.ToArray(), "run", "--data", "a.txt", "-", "b.txt", "--mapper", "pairs.py", "--reducer", "pairs.py");
        Assert.Equal("k\tfirst,middle,last\n", outcome.Expect(0).Text);
    }

    [Fact]
    public async Task Missing_data_is_named() => (await CountAsync("nothing.txt")).ExpectError(2, "nothing.txt");

    [Fact]
    public async Task Glob_that_matches_nothing_is_named() => (await CountAsync("*.nothing")).ExpectError(2, "*.nothing");

    [Fact]
    public async Task Folder_without_files_is_named()
    {
        Directory.CreateDirectory(_sandbox["hollow"]);
        (await CountAsync("hollow")).ExpectError(2, "hollow");
    }

    [Fact]
    public async Task Unreadable_data_is_named()
    {
        _sandbox.Write("secret.txt", "a\n");
        File.SetUnixFileMode(_sandbox["secret.txt"], UnixFileMode.None);
        (await _sandbox.RunAsOrdinaryAsync("run", "--data", "secret.txt", "--mapper", "wc.py", "--reducer", "wc.py")).ExpectError(2, "secret.txt", "denied");
    }

    [Fact]
    public async Task Cut_gzip_is_an_error_that_names_the_file()
    {
        byte[] whole = Gzip(string.Concat(Enumerable.Range(0, 20_000).Select(number => $"w{number} ")));
        _sandbox.Write("cut.gz", whole[..(whole.Length / 2)]);
        (await CountAsync("cut.gz")).ExpectError(1, "cut.gz");
    }

    [Fact]
    public async Task Gzip_with_a_flipped_bit_is_an_error_that_names_the_file()
    {
        byte[] whole = Gzip(string.Concat(Enumerable.Range(0, 20_000).Select(number => $"w{number} ")));
        whole[whole.Length / 2] ^= 16;
        _sandbox.Write("flipped.gz", whole);
        (await CountAsync("flipped.gz")).ExpectError(1, "flipped.gz");
    }

    [Fact]
    public async Task Record_longer_than_the_limit_is_an_error_with_its_place()
    {
        using (FileStream file = File.Create(_sandbox["long.txt"]))
        {
            file.Write("short\n"u8);
            file.SetLength(130L << 20);
        }

        (await CountAsync("long.txt")).ExpectError(1, "long.txt", "record");
    }

    private Task<Outcome> CountAsync(params string[] data) =>
        _sandbox.RunAsync(["run", "--data", .. data, "--mapper", "wc.py", "--reducer", "wc.py"]);

    private static byte[] Gzip(string text)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return bytes.ToArray();
    }
}
