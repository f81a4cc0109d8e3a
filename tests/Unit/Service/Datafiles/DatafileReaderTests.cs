using Katanemimena.Core;
using Katanemimena.Service;
using Xunit;

namespace Katanemimena.Tests.Unit.Service.Datafiles;

public sealed class DatafileReaderTests : IDisposable
{
    private const int Mebibyte = DatafileRig.Mebibyte;

    private static readonly byte[] s_file = DatafileRig.Bytes((3 * Mebibyte) + 100);

    private readonly DatafileRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Any_range_is_read_across_blocks()
    {
        using VolumeReader reader = new DatafileReader(_rig.Volume).Open((await _rig.AddInBlocksAsync("a", s_file, Mebibyte)).ToInput());
        Assert.Equal(s_file.Length, reader.Length);
        var random = new Random(3);
        for (int i = 0; i < 300; i++)
        {
            int near = (random.Next(5) * Mebibyte) + random.Next(-200, 200);
            int offset = Math.Max(0, i % 2 == 0 ? near : random.Next(s_file.Length + 100));
            byte[] buffer = new byte[i % 50 == 0 ? 2 * Mebibyte : random.Next(400)];
            int expected = Math.Clamp(s_file.Length - offset, 0, buffer.Length);
            Assert.Equal(expected, reader.Read(offset, buffer));
            Assert.True(s_file.AsSpan(Math.Min(offset, s_file.Length), expected).SequenceEqual(buffer.AsSpan(0, expected)));
        }
    }

    [Fact]
    public async Task Several_threads_read_at_once()
    {
        using VolumeReader reader = new DatafileReader(_rig.Volume).Open((await _rig.AddInBlocksAsync("a", s_file, Mebibyte)).ToInput());
        Parallel.For(0, 200, i =>
        {
            int offset = i * 7919 % (s_file.Length - 5000);
            byte[] buffer = new byte[5000];
            Assert.Equal(buffer.Length, reader.Read(offset, buffer));
            Assert.True(s_file.AsSpan(offset, buffer.Length).SequenceEqual(buffer));
        });
    }

    [Fact]
    public async Task Reading_on_allocates_nothing()
    {
        using VolumeReader reader = new DatafileReader(_rig.Volume).Open((await _rig.AddInBlocksAsync("a", s_file, Mebibyte)).ToInput());
        byte[] buffer = new byte[100];
        reader.Read(0, buffer);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            reader.Read(i * 100, buffer);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("datafile:")]
    [InlineData("datafile:../secret")]
    [InlineData("datafile:a/../secret")]
    [InlineData("datafile:a/b/c")]
    [InlineData("datafile:/etc/passwd")]
    [InlineData("datafile:a/b~c")]
    [InlineData("file:///etc/passwd")]
    public void Input_that_is_no_datafile_is_refused(string? source)
    {
        var input = new InputFile("/etc/passwd", 1, false) { Source = source };
        PermanentFault fault = Assert.Throws<PermanentFault>(() => new DatafileReader(_rig.Volume).Open(input));
        Assert.Contains("/etc/passwd is no datafile", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Input_without_a_source_is_read_anywhere_only_where_that_is_allowed()
    {
        var anywhere = new Anywhere();
        Assert.Throws<NotSupportedException>(() => new DatafileReader(_rig.Volume, anywhere).Open(new InputFile("/f", 1, false)));
        Assert.Throws<PermanentFault>(() => new DatafileReader(_rig.Volume, anywhere).Open(new InputFile("/f", 1, false) { Source = "file:/f" }));
    }

    [Fact]
    public async Task Datafile_whose_blocks_are_gone_or_damaged_fails_the_job()
    {
        Datafile file = await _rig.AddInBlocksAsync("a", s_file, Mebibyte);
        string[] paths = [.. _rig.Volume.List("data")];
        using VolumeReader reader = new DatafileReader(_rig.Volume).Open(file.ToInput());
        Publish(paths[1], [1, 2, 3]);
        Assert.Contains("a: the datafile is damaged", Fault(() => reader.Read(Mebibyte, new byte[1])), StringComparison.Ordinal);
        _rig.Volume.Delete(paths[2]);
        Assert.Contains("a: the data is gone", Fault(() => reader.Read(2 * Mebibyte, new byte[1])), StringComparison.Ordinal);
        Assert.Equal(100, reader.Read(3 * Mebibyte, new byte[200]));
        Assert.Contains("is damaged", Fault(() => new DatafileReader(_rig.Volume).Open(file.ToInput() with { Bytes = 3 * Mebibyte })), StringComparison.Ordinal);
        Publish(paths[4], "000000000000001-x\n"u8.ToArray());
        Assert.Contains("is damaged", Fault(() => new DatafileReader(_rig.Volume).Open(file.ToInput())), StringComparison.Ordinal);
        _rig.Volume.Delete("data");
        Assert.Contains("a: the data is gone", Fault(() => new DatafileReader(_rig.Volume).Open(file.ToInput())), StringComparison.Ordinal);
    }

    private static string Fault(Action act) => Assert.Throws<PermanentFault>(act).Message;

    private void Publish(string path, byte[] bytes)
    {
        using VolumeWriter writer = _rig.Volume.Create(path);
        writer.Write(bytes);
        writer.Publish();
    }

    private sealed class Anywhere : IDataFiles
    {
        public VolumeReader Open(InputFile file) => throw new NotSupportedException();
    }
}
