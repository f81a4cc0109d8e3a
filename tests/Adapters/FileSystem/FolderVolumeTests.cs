using Katanemimena.Adapters.FileSystem;
using Katanemimena.Core;
using Katanemimena.Tests.Contracts;
using Xunit;

namespace Katanemimena.Tests.Adapters;

public sealed class DurableFolderVolumeTests : FolderVolumeContract
{
    protected override bool Durable => true;
}

public sealed class EphemeralFolderVolumeTests : FolderVolumeContract
{
    protected override bool Durable => false;
}

/// <summary>Two volumes on one folder, as two processes have.</summary>
public abstract class FolderVolumeContract : VolumeContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Lazy<IVolume> _volume;
    private readonly Lazy<IVolume> _other;

    protected FolderVolumeContract()
    {
        _volume = new Lazy<IVolume>(() => new FolderVolume(_folder.Path, Durable));
        _other = new Lazy<IVolume>(() => new FolderVolume(_folder.Path, Durable));
    }

    protected abstract bool Durable { get; }

    protected override IVolume Volume => _volume.Value;

    protected override IVolume Other => _other.Value;

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void Owner_removes_what_was_left_unpublished()
    {
        Publish("f/a", 1);
        using VolumeWriter left = Volume.Create("f/b");
        left.Write([2]);
        Directory.CreateDirectory(Path.Combine(_folder.Path, "g~1", "below"));
        File.WriteAllText(Path.Combine(_folder.Path, "g~1", "below", "file"), "left by a deletion that was cut off");
        _ = new FolderVolume(_folder.Path, Durable);
        Assert.Equal(2, Directory.GetFileSystemEntries(_folder.Path, "*~*", SearchOption.AllDirectories).Length);
        FolderVolume owned = new(_folder.Path, Durable, owner: true);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path, "*~*", SearchOption.AllDirectories));
        Assert.Equal(["f/a"], owned.List(""));
    }

    [Fact]
    public void Nothing_but_published_files_stays_behind()
    {
        Publish("f/a", 1);
        Volume.Create("f/b").Dispose();
        Publish("g/c", 1);
        Volume.Delete("g");
        Assert.Equal(["a"], Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories).Select(Path.GetFileName));
    }

    [Fact]
    public void Empty_folder_gives_way_to_a_file()
    {
        Publish("f/a", 1);
        Volume.Delete("f/a");
        Publish("f", 2);
        Assert.Equal([2], ReadAll("f"));
    }

    [Fact]
    public void Folder_that_cannot_be_made_is_a_fault_that_names_it()
    {
        File.WriteAllText(Path.Combine(_folder.Path, "file"), "");
        string root = Path.Combine(_folder.Path, "file", "volume");
        PermanentFault fault = Assert.Throws<PermanentFault>(() => new FolderVolume(root, Durable));
        Assert.Contains(root, fault.Message, StringComparison.Ordinal);
        Assert.Contains("a file stands where a folder is needed", fault.Message, StringComparison.Ordinal);
    }
}
