using System.Diagnostics;
using System.Text;
using Katanemimena.Adapters.FileSystem;
using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Unit.Adapters.FileSystem;

public sealed class LocalDataFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LocalDataFiles _data = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Any_range_is_read_and_reading_past_the_end_gives_less()
    {
        string path = _folder.File("a", "0123456789");
        using VolumeReader reader = _data.Open(new InputFile(path, 10, false));
        Assert.Equal(10, reader.Length);
        Assert.Equal("0123456789", Read(reader, 0, 10));
        Assert.Equal("345", Read(reader, 3, 3));
        Assert.Equal("89", Read(reader, 8, 10));
        Assert.Equal("", Read(reader, 10, 10));
        Assert.Equal("", Read(reader, 100, 10));
    }

    [Fact]
    public void A_link_is_read_to_the_end_of_the_file_that_it_leads_to()
    {
        string path = _folder.File("a", "0123456789");
        File.CreateSymbolicLink(_folder.Of("link"), path);
        File.CreateSymbolicLink(_folder.Of("chain"), "link");
        using VolumeReader reader = _data.Open(new InputFile(_folder.Of("chain"), 10, false));
        Assert.Equal("0123456789", Read(reader, 0, 20));
    }

    [Fact]
    public void A_pipe_in_the_place_of_a_file_is_refused_and_not_waited_for()
    {
        string pipe = _folder.Of("pipe");
        using (Process make = Process.Start("mkfifo", pipe))
        {
            make.WaitForExit();
        }

        Assert.Contains($"{pipe} is a named pipe", Fault(new InputFile(pipe, 10, false)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_size_is_refused_with_both_sizes()
    {
        string path = _folder.File("a", "0123456789");
        Assert.Contains($"{path} has 10 bytes, but had 12", Fault(new InputFile(path, 12, false)), StringComparison.Ordinal);
        Assert.Contains($"{path} has 10 bytes, but had 9", Fault(new InputFile(path, 9, false)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_gone_or_cannot_be_opened_is_named()
    {
        Assert.Equal($"{_folder.Of("gone")}: no such file or folder", Fault(new InputFile(_folder.Of("gone"), 1, false)));
        Assert.Contains(_folder.Path, Fault(new InputFile(_folder.Path, 1, false)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_open_file_is_read_on_when_it_is_deleted()
    {
        string path = _folder.File("a", "0123456789");
        using VolumeReader reader = _data.Open(new InputFile(path, 10, false));
        File.Delete(path);
        Assert.Equal("0123456789", Read(reader, 0, 10));
    }

    [Fact]
    public void A_read_that_fails_says_so()
    {
        using VolumeReader reader = _data.Open(new InputFile("/proc/self/mem", 0, false));
        PermanentFault fault = Assert.Throws<PermanentFault>(() => reader.Read(0, new byte[1]));
        Assert.StartsWith("cannot read '/proc/self/mem': ", fault.Message, StringComparison.Ordinal);
    }

    private string Fault(InputFile file) => Assert.Throws<PermanentFault>(() => _data.Open(file)).Message;

    private static string Read(VolumeReader reader, long offset, int count)
    {
        var bytes = new byte[count];
        return Encoding.ASCII.GetString(bytes, 0, reader.Read(offset, bytes));
    }
}
