using Katanemimena.Adapters.FileSystem;
using Katanemimena.Core;
using Katanemimena.Tests.Contracts;
using Xunit;

namespace Katanemimena.Tests.Adapters;

public sealed class StateFolderLockTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Second_taker_is_told_who_holds_the_folder()
    {
        using StateFolderLock first = StateFolderLock.Take(_folder.Path);
        PermanentFault fault = Assert.Throws<PermanentFault>(() => StateFolderLock.Take(_folder.Path));
        Assert.StartsWith($"{_folder.Path} is in use by process {Environment.ProcessId}", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_given_free_can_be_taken_again()
    {
        StateFolderLock.Take(_folder.Path).Dispose();
        using StateFolderLock again = StateFolderLock.Take(_folder.Path);
        Assert.Throws<PermanentFault>(() => StateFolderLock.Take(_folder.Path));
    }

    [Fact]
    public void Missing_folder_is_made()
    {
        string folder = _folder.File("a/b");
        using StateFolderLock held = StateFolderLock.Take(folder);
        Assert.True(Directory.Exists(folder));
    }

    [Fact]
    public void Folder_that_cannot_be_locked_is_a_fault_that_names_it()
    {
        File.WriteAllText(_folder.File("file"), "");
        PermanentFault fault = Assert.Throws<PermanentFault>(() => StateFolderLock.Take(_folder.File("file")));
        Assert.Contains(_folder.File("file"), fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_one_of_many_takers_wins()
    {
        List<StateFolderLock> held = [];
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() =>
        {
            try
            {
                StateFolderLock taken = StateFolderLock.Take(_folder.Path);
                lock (held)
                {
                    held.Add(taken);
                }
            }
            catch (PermanentFault fault)
            {
                Assert.Contains("is in use by", fault.Message, StringComparison.Ordinal);
            }
        })));
        Assert.Single(held).Dispose();
    }
}
