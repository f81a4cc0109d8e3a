using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Contracts;

public abstract partial class VolumeContract
{
    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("/")]
    [InlineData("/etc/passwd")]
    [InlineData("../up")]
    [InlineData("a/../b")]
    [InlineData("a/./b")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("a b")]
    [InlineData("a\\b")]
    [InlineData("a~")]
    [InlineData("a:b")]
    [InlineData("é")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    public void Path_that_breaks_the_rules_is_refused(string path)
    {
        Assert.ThrowsAny<ArgumentException>(() => Volume.Create(path));
        Assert.ThrowsAny<ArgumentException>(() => Volume.Open(path));
        Assert.ThrowsAny<ArgumentException>(() => Volume.Exists(path));
        Assert.ThrowsAny<ArgumentException>(() => Volume.Delete(path));
        if (path.Length > 0)
        {
            Assert.ThrowsAny<ArgumentException>(() => Volume.List(path));
        }
    }

    [Theory]
    [InlineData("a")]
    [InlineData("...")]
    [InlineData(".hidden")]
    [InlineData("-dash_under.dot")]
    [InlineData("jobs/local-1/map/0/A.b-c_9")]
    public void Path_within_the_rules_is_taken(string path)
    {
        Publish(path, 1, 2, 3);
        Assert.Equal([1, 2, 3], ReadAll(path));
        Assert.Equal([path], Other.List(""));
    }

    [Fact]
    public void List_has_the_files_below_a_folder_by_path_in_ordinal_order()
    {
        string[] below = ["f/-", "f/10", "f/9", "f/A", "f/a-b", "f/a.b", "f/a/b", "f/a/b.c", "f/a0", "f/a_"];
        foreach (string path in below.Reverse().Concat(["e", "f-", "f.x", "f0/a", "g/f/a", "ff"]))
        {
            Publish(path);
        }

        Assert.Equal(below.Order(StringComparer.Ordinal), Other.List("f"));
        Assert.Equal(["f/a/b", "f/a/b.c"], Other.List("f/a"));
        Assert.Equal(below.Length + 6, Other.List("").Count);
    }

    [Fact]
    public void List_of_a_folder_that_does_not_exist_is_empty()
    {
        Publish("file", 1);
        Assert.Empty(Volume.List("nothing/here"));
        Assert.Empty(Volume.List("fil"));
        Assert.Empty(Volume.List("file"));
    }

    [Fact]
    public void Deleted_file_is_gone_and_its_neighbours_stay()
    {
        Publish("f/a", 1);
        Publish("f/ab", 2);
        Volume.Delete("f/a");
        Assert.False(Other.Exists("f/a"));
        Assert.Equal(["f/ab"], Other.List(""));
    }

    [Fact]
    public void Deleted_folder_is_gone_with_all_below_it()
    {
        Publish("f/a", 1);
        Publish("f/deep/er/b", 2);
        Publish("f-", 3);
        Publish("g/f/a", 4);
        Volume.Delete("f");
        Assert.Equal(["f-", "g/f/a"], Other.List(""));
        Publish("f", 5);
        Assert.Equal([5], ReadAll("f"));
    }

    [Fact]
    public void Deleting_what_is_not_there_does_nothing()
    {
        Publish("file", 1);
        Volume.Delete("nothing");
        Volume.Delete("nothing/here");
        Volume.Delete("file/below");
        Assert.Equal(["file"], Volume.List(""));
    }

    [Fact]
    public void Deleting_a_folder_takes_unpublished_files_with_it()
    {
        using VolumeWriter writer = Volume.Create("f/unpublished");
        writer.Write([1]);
        Volume.Delete("f");
        Assert.Throws<PermanentFault>(writer.Publish);
        Assert.False(Volume.Exists("f/unpublished"));
        Publish("f/unpublished", 2);
        Assert.Equal([2], ReadAll("f/unpublished"));
    }

    [Fact]
    public void File_and_folder_cannot_have_one_name()
    {
        Publish("a/b", 1);
        PermanentFault folder = Assert.Throws<PermanentFault>(() => Publish("a", 2));
        PermanentFault file = Assert.Throws<PermanentFault>(() => Publish("a/b/c", 3));
        Assert.Contains("a", folder.Message, StringComparison.Ordinal);
        Assert.Contains("a/b", file.Message, StringComparison.Ordinal);
        Assert.Equal(["a/b"], Volume.List(""));
        Assert.Equal([1], ReadAll("a/b"));
    }

    [Fact]
    public void Folder_does_not_exist_as_a_file()
    {
        Publish("a/b", 1);
        Assert.False(Volume.Exists("a"));
        Assert.Throws<FileNotFoundException>(() => Volume.Open("a"));
        Assert.Throws<FileNotFoundException>(() => Volume.Open("a/b/c"));
    }
}
