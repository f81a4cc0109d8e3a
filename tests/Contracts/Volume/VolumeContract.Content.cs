using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Contracts;

public abstract partial class VolumeContract
{
    [Fact]
    public void Published_file_is_read_as_it_was_written()
    {
        byte[] content = Noise(1, 3_000_000);
        using (VolumeWriter writer = Volume.Create("f/large"))
        {
            foreach (int bytes in new[] { 1, 65_535, 65_536, 65_537, 2_000_000, 0, 803_391 })
            {
                writer.Write(content.AsSpan((int)writer.Length, bytes));
            }

            Assert.Equal(content.Length, writer.Length);
            writer.Publish();
        }

        Assert.True(Other.Exists("f/large"));
        Assert.Equal(content, ReadAll("f/large"));
    }

    [Fact]
    public void Written_bytes_are_copied_before_the_call_returns()
    {
        byte[] buffer = [1, 2, 3];
        using VolumeWriter writer = Volume.Create("a");
        writer.Write(buffer);
        buffer.AsSpan().Fill(9);
        writer.Publish();
        Assert.Equal([1, 2, 3], ReadAll("a"));
    }

    [Fact]
    public void File_may_be_empty()
    {
        Publish("empty");
        Assert.Empty(ReadAll("empty"));
        using VolumeReader reader = Volume.Open("empty");
        Assert.Equal((0L, 0), (reader.Length, reader.Read(0, new byte[10])));
    }

    [Fact]
    public void Opening_what_is_not_there_says_so()
    {
        FileNotFoundException missing = Assert.Throws<FileNotFoundException>(() => Volume.Open("not/there"));
        Assert.Contains("not/there", missing.Message, StringComparison.Ordinal);
        Assert.False(Volume.Exists("not/there"));
    }

    [Fact]
    public void Unpublished_file_is_seen_by_nobody()
    {
        using VolumeWriter writer = Volume.Create("f/a");
        writer.Write(Noise(2, 100_000));
        foreach (IVolume volume in new[] { Volume, Other })
        {
            Assert.False(volume.Exists("f/a"));
            Assert.Empty(volume.List("f"));
            Assert.Empty(volume.List(""));
            Assert.Throws<FileNotFoundException>(() => volume.Open("f/a"));
        }

        writer.Publish();
        Assert.Equal(["f/a"], Other.List("f"));
    }

    [Fact]
    public void Disposing_without_publishing_leaves_nothing()
    {
        Publish("kept", 1);
        foreach (string path in new[] { "f/a", "kept" })
        {
            VolumeWriter writer = Volume.Create(path);
            writer.Write([2]);
            writer.Dispose();
            writer.Dispose();
        }

        Assert.Equal(["kept"], Other.List(""));
        Assert.Equal([1], ReadAll("kept"));
    }

    [Fact]
    public void Disposing_after_publishing_leaves_the_file()
    {
        VolumeWriter writer = Volume.Create("a");
        writer.Publish();
        writer.Dispose();
        writer.Dispose();
        Assert.True(Other.Exists("a"));
    }

    [Fact]
    public void File_is_published_once_and_then_closed()
    {
        using VolumeWriter writer = Volume.Create("a");
        writer.Publish();
        Assert.ThrowsAny<InvalidOperationException>(writer.Publish);
        Assert.ThrowsAny<InvalidOperationException>(() => writer.Write([1]));
        Assert.Empty(ReadAll("a"));
    }

    [Fact]
    public void Publishing_replaces_what_was_there_and_disturbs_no_reader()
    {
        Publish("a", 1, 2, 3);
        using VolumeReader old = Volume.Open("a");
        Publish("a", 4, 5);
        Assert.Equal([4, 5], ReadAll("a"));
        Assert.Equal([1, 2, 3], ReadAll(old));
        Volume.Delete("a");
        Assert.Equal([1, 2, 3], ReadAll(old));
    }

    [Fact]
    public void Two_writers_of_one_path_do_not_mix()
    {
        using VolumeWriter first = Volume.Create("a");
        using VolumeWriter second = Other.Create("a");
        first.Write([1]);
        second.Write([2]);
        first.Write([1]);
        second.Write([2]);
        first.Publish();
        Assert.Equal([1, 1], ReadAll("a"));
        second.Publish();
        Assert.Equal([2, 2], ReadAll("a"));
    }

    [Fact]
    public void Read_fills_the_buffer_except_at_the_end()
    {
        byte[] content = Noise(3, 200_000);
        Publish("a", content);
        using VolumeReader reader = Volume.Open("a");
        byte[] buffer = new byte[70_000];
        Assert.Equal(70_000, reader.Read(65_000, buffer));
        Assert.Equal(content[65_000..135_000], buffer);
        Assert.Equal(50_000, reader.Read(150_000, buffer));
        Assert.Equal(content[150_000..], buffer[..50_000]);
        Assert.Equal(1, reader.Read(199_999, buffer));
        Assert.Equal(0, reader.Read(10, []));
    }

    [Fact]
    public void Read_past_the_end_gives_nothing()
    {
        Publish("a", 1, 2, 3);
        using VolumeReader reader = Volume.Open("a");
        Assert.Equal(0, reader.Read(3, new byte[4]));
        Assert.Equal(0, reader.Read(1L << 40, new byte[4]));
        Assert.ThrowsAny<ArgumentException>(() => reader.Read(-1, new byte[4]));
    }

    [Fact]
    public void Closed_reader_reads_no_more()
    {
        Publish("a", 1, 2, 3);
        VolumeReader reader = Volume.Open("a");
        reader.Dispose();
        reader.Dispose();
        Assert.Throws<ObjectDisposedException>(() => reader.Read(0, new byte[4]));
    }

    [Fact]
    public void One_reader_serves_many_threads()
    {
        byte[] content = Noise(4, 1_000_000);
        Publish("a", content);
        using VolumeReader reader = Volume.Open("a");
        Parallel.For(0, 64, index =>
        {
            byte[] buffer = new byte[10_000];
            int offset = index * 15_473 % 990_000;
            Assert.Equal(buffer.Length, reader.Read(offset, buffer));
            Assert.True(content.AsSpan(offset, buffer.Length).SequenceEqual(buffer));
        });
    }

    [Fact]
    public void Many_threads_write_at_once()
    {
        Parallel.For(0, 64, index =>
        {
            Publish($"f/{index % 4}/{index}", Noise(index, 10_000 + index));
            using VolumeWriter dropped = Volume.Create($"f/{index % 4}/dropped");
            dropped.Write([1]);
        });
        Assert.Equal(64, Other.List("f").Count);
        Assert.All(Enumerable.Range(0, 64), index => Assert.Equal(Noise(index, 10_000 + index), ReadAll($"f/{index % 4}/{index}")));
    }

    [Fact]
    public async Task Reader_sees_the_old_content_or_the_new_and_never_a_mixture()
    {
        byte[][] versions = [.. Enumerable.Range(0, 40).Select(version => Enumerable.Repeat((byte)version, 50_000 + version).ToArray())];
        Publish("a", versions[0]);
        Task writing = Task.Run(() => Array.ForEach(versions, version => Publish("a", version)));
        byte[] seen;
        bool written;
        do
        {
            written = writing.IsCompleted;
            seen = ReadAll("a");
            Assert.Equal(50_000 + seen[0], seen.Length);
            Assert.False(seen.AsSpan().ContainsAnyExcept(seen[0]));
        }
        while (!written);
        await writing;
        Assert.Equal(versions.Length - 1, seen[0]);
    }

    [Fact]
    public void Folder_may_be_deleted_while_others_write_beside_it()
    {
        Parallel.For(0, 32, index =>
        {
            Publish($"jobs/{index}/a/b", Noise(index, 100));
            Volume.Delete($"jobs/{index}");
            Publish($"kept/{index}", (byte)index);
        });
        Assert.Empty(Other.List("jobs"));
        Assert.Equal(32, Other.List("kept").Count);
    }
}
