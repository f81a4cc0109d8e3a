using System.Diagnostics;
using System.Net.Sockets;
using Katanemimena.Adapters.FileSystem;
using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Unit.Adapters.FileSystem;

public sealed class InputResolverTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_comes_with_full_path_and_size()
    {
        string path = _folder.File("a.txt", "12345");
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        Assert.Equal([new InputFile(path, 5, false)], InputResolver.Resolve([relative]));
    }

    [Fact]
    public void Gzip_is_recognised_by_its_first_two_bytes_and_not_by_its_name()
    {
        _folder.File("a.gz", "plain");
        _folder.File("b.txt", [0x1f, 0x8b, 8]);
        _folder.File("c", [0x1f]);
        _folder.File("d", []);
        Assert.Equal([("a.gz", false), ("b.txt", true), ("c", false), ("d", false)], InputResolver.Resolve([_folder.Path]).Select(file => (Path.GetFileName(file.Name), file.Gzip)));
    }

    [Fact]
    public void A_folder_gives_all_files_below_by_byte_order_of_the_path_without_hidden_ones()
    {
        foreach (string name in new[] { "b", "a/z", "a.txt", "a/é", "a/￿", "a/😀", "B", ".hidden", "a/.hidden", ".folder/x", "c/d/e" })
        {
            _folder.File(name);
        }

        Directory.CreateDirectory(_folder.Of("empty"));
        Assert.Equal(["B", "a.txt", "a/z", "a/é", "a/￿", "a/😀", "b", "c/d/e"], Names(_folder.Path));
        Assert.Equal(["x"], Names(_folder.Of(".folder"), _folder.Of(".folder")));
    }

    [Fact]
    public void Links_to_files_are_followed_and_links_to_folders_below_a_folder_are_not()
    {
        _folder.File("data/a");
        File.CreateSymbolicLink(_folder.Of("data/b"), _folder.Of("data/a"));
        Directory.CreateSymbolicLink(_folder.Of("data/loop"), _folder.Of("data"));
        Directory.CreateSymbolicLink(_folder.Of("link"), _folder.Of("data"));
        Assert.Equal(["data/a", "data/b"], Names(_folder.Of("data")));
        Assert.Equal(["link/a", "link/b"], Names(_folder.Of("link")));
    }

    [Theory]
    [InlineData("*.txt", "a.txt b.txt")]
    [InlineData("?.txt", "a.txt b.txt")]
    [InlineData("[ab].txt", "a.txt b.txt")]
    [InlineData("[!a]*", "b.txt dir/a.txt dir/c.log dir/sub/a.txt")]
    [InlineData("*", "a.txt b.txt dir/a.txt dir/c.log dir/sub/a.txt")]
    [InlineData("*/*.txt", "dir/a.txt")]
    [InlineData("**/*.txt", "a.txt b.txt dir/a.txt dir/sub/a.txt")]
    [InlineData("**/a.*", "a.txt dir/a.txt dir/sub/a.txt")]
    [InlineData("dir/**", "dir/a.txt dir/c.log dir/sub/a.txt")]
    [InlineData("**/sub/**/*", "dir/sub/a.txt")]
    [InlineData("d*/**/**/*.txt", "dir/a.txt dir/sub/a.txt")]
    [InlineData("d?r/sub/a.txt", "dir/sub/a.txt")]
    [InlineData(".h*", ".hidden.txt .hidden/a.txt")]
    [InlineData(".h*.txt", ".hidden.txt")]
    public void Globs_give_what_they_match_once_by_byte_order(string glob, string expected)
    {
        foreach (string name in new[] { "b.txt", "a.txt", "dir/a.txt", "dir/c.log", "dir/sub/a.txt", ".hidden.txt", ".hidden/a.txt" })
        {
            _folder.File(name);
        }

        Assert.Equal(expected.Split(' '), Names(_folder.Of(glob)));
    }

    [Fact]
    public void A_path_that_exists_as_it_is_written_is_no_glob()
    {
        _folder.File("[1].txt");
        _folder.File("1.txt");
        Assert.Equal(["[1].txt"], Names(_folder.Of("[1].txt")));
    }

    [Fact]
    public void Paths_count_in_the_order_given_and_twice_if_given_twice()
    {
        string b = _folder.File("b");
        string a = _folder.File("a");
        Assert.Equal([b, a, b], InputResolver.Resolve([b, _folder.Of("[a]"), b]).Select(file => file.Name));
    }

    [Fact]
    public void What_is_missing_is_named()
    {
        Assert.Equal($"{_folder.Of("none")}: no such file or folder", Fault(_folder.Of("none")));
        Assert.Equal($"{_folder.Of("*.csv")}: no file matches", Fault(_folder.Of("*.csv")));
        Assert.Equal($"{_folder.Of("no*/x")}: no file matches", Fault(_folder.Of("no*/x")));
        Assert.StartsWith($"{_folder.Path}: the folder has no files", Fault(_folder.Path), StringComparison.Ordinal);
        Assert.StartsWith("a data path is empty", Fault(""), StringComparison.Ordinal);
        Assert.Contains("cannot read", Fault("a\0b"), StringComparison.Ordinal);
        _folder.File("file");
        Assert.Equal($"{_folder.Of("file/below")}: no such file or folder", Fault(_folder.Of("file/below")));
    }

    [Fact]
    public void A_link_that_leads_nowhere_is_named_with_its_target()
    {
        File.CreateSymbolicLink(_folder.Of("dangling"), "gone");
        Assert.Equal($"{_folder.Of("dangling")}: the link leads to {_folder.Of("gone")}, which is not there", Fault(_folder.Path));
        File.CreateSymbolicLink(_folder.Of("chain"), "dangling");
        Assert.Equal($"{_folder.Of("chain")}: the link leads to {_folder.Of("gone")}, which is not there", Fault(_folder.Of("chain")));
    }

    [Fact]
    public void Links_that_lead_round_in_a_circle_are_named()
    {
        File.CreateSymbolicLink(_folder.Of("round"), "about");
        File.CreateSymbolicLink(_folder.Of("about"), "round");
        Assert.Contains($"'{_folder.Of("about")}': its links lead round in a circle", Fault(_folder.Path), StringComparison.Ordinal);
        Assert.Contains($"'{_folder.Of("round")}': its links lead round in a circle", Fault(_folder.Of("r*")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_has_the_size_and_the_first_bytes_of_the_file_that_it_leads_to()
    {
        string file = _folder.File("data/long.txt", new string('x', 1000));
        _folder.File("data/short.txt", "1");
        _folder.File("data/z", [0x1f, 0x8b, 8, 0]);
        File.CreateSymbolicLink(_folder.Of("link"), file);
        Directory.CreateDirectory(_folder.Of("links"));
        File.CreateSymbolicLink(_folder.Of("links/a"), "../link");
        File.CreateSymbolicLink(_folder.Of("links/b"), "../data/short.txt");
        File.CreateSymbolicLink(_folder.Of("links/c"), "../data/z");
        Assert.Equal([(1000, false)], Sizes(_folder.Of("link")));
        Assert.Equal([(1000, false), (1, false), (4, true)], Sizes(_folder.Of("links")));
        Assert.Equal([(1000, false), (1, false), (4, true)], Sizes(_folder.Of("l*s/?")));
    }

    [Fact]
    public void A_pipe_a_socket_and_a_device_are_refused_without_opening_them()
    {
        string pipe = _folder.Of("pipe");
        using (Process make = Process.Start("mkfifo", pipe))
        {
            make.WaitForExit();
        }

        Assert.Contains($"{pipe} is a named pipe, not a regular file", Fault(_folder.Path), StringComparison.Ordinal);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_folder.Of("s")));
        Assert.Contains("is a socket", Fault(_folder.Of("s")), StringComparison.Ordinal);
        Assert.Contains("is a character device", Fault("/dev/null"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_does_not_tell_its_size_is_refused() =>
        Assert.Contains("does not tell its size", Fault("/proc/self/status"), StringComparison.Ordinal);

    [Fact]
    public void A_file_that_cannot_be_read_is_named_with_the_reason()
    {
        string message = Fault("/proc/self/mem");
        Assert.StartsWith("cannot read '/proc/self/mem': ", message, StringComparison.Ordinal);
        string loop = _folder.Of("loop");
        File.CreateSymbolicLink(loop, "loop");
        Assert.Contains(loop, Fault(loop), StringComparison.Ordinal);
    }

    private static string Fault(string path) => Assert.Throws<PermanentFault>(() => InputResolver.Resolve([path])).Message;

    private static (long, bool)[] Sizes(string path) => [.. InputResolver.Resolve([path]).Select(file => (file.Bytes, file.Gzip))];

    private string[] Names(string path, string? below = null) =>
        [.. InputResolver.Resolve([path]).Select(file => Path.GetRelativePath(below ?? _folder.Path, file.Name))];
}
