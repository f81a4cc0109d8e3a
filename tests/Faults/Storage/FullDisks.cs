using System.Diagnostics;
using System.Globalization;
using Katanemimena.Adapters.FileSystem;
using Katanemimena.Core;
using Katanemimena.Tests.Contracts;
using Xunit;

namespace Katanemimena.Tests.Faults;

/// <summary>The disk is full: the fault says so and names the file; what was there stays, and work goes on when there is space again.</summary>
public sealed class FullDisks : IDisposable
{
    /// <summary>Runs a program on a file system of 1 MiB, mounted for it alone over the folder; needs no rights where user namespaces are allowed.</summary>
    private const string OnTinyDisk = "exec unshare --user --map-root-user --mount sh -c 'mount -t tmpfs -o size=1m tiny \"$FOLDER\" && exec \"$@\"' sh \"$@\"";

    /// <summary>Runs a program that may write no file over 512 KiB, and is told so by an error: works everywhere, for everybody.</summary>
    /// <remarks>The runtime maps its code twice through a file of its own, which would be too large.</remarks>
    private const string UnderFileLimit = "trap '' XFSZ; DOTNET_EnableWriteXorExecute=0; export DOTNET_EnableWriteXorExecute; ulimit -f 1024 && exec \"$@\"";

    private const string StoreAtLimit = "the device reports an input/output error";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_to_a_full_device_is_a_fault_that_says_what_to_do()
    {
        string path = _folder.File("part");
        using FolderVolumeWriter writer = new(File.OpenHandle("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite), _folder.File("part~1"), path, null);
        PermanentFault fault = Assert.Throws<PermanentFault>(() => writer.Write([1, 2, 3]));
        Assert.StartsWith($"cannot write '{path}': no space left on the device; free some space there", fault.Message, StringComparison.Ordinal);
        Assert.Equal(0, writer.Length);
    }

    [Fact]
    public async Task Volume_on_a_full_disk_says_so_and_works_again_with_space()
    {
        (string shell, string problem) = await TightAsync("no space left on the device");
        await using ChildProcess child = ChildProcess.Start(nameof(StorageChildren.FillVolumeAsync), _folder.Path, shell);
        string[] said = (await child.EndAsync()).Split('\n');
        Assert.StartsWith($"cannot write '{_folder.File("big/file")}': {problem}", said[0], StringComparison.Ordinal);
        Assert.Equal("small", said[1]);
    }

    [Fact]
    public async Task Store_on_a_full_disk_says_so_and_keeps_what_was_answered()
    {
        (string shell, string problem) = await TightAsync("no space left on the device", StoreAtLimit);
        await FillStoreAsync(shell, problem);
    }

    [Fact]
    public Task Store_at_the_size_limit_says_so_and_keeps_what_was_answered() => FillStoreAsync(UnderFileLimit, StoreAtLimit);

    [Fact]
    public async Task File_at_the_size_limit_is_a_fault_that_says_what_to_do()
    {
        await using ChildProcess child = ChildProcess.Start(nameof(StorageChildren.FillVolumeAsync), _folder.Path, UnderFileLimit);
        string[] said = (await child.EndAsync()).Split('\n');
        Assert.StartsWith($"cannot write '{_folder.File("big/file")}': it has reached the largest size allowed", said[0], StringComparison.Ordinal);
        Assert.Equal("small", said[1]);
    }

    private async Task FillStoreAsync(string shell, string problem)
    {
        await using ChildProcess child = ChildProcess.Start(nameof(StorageChildren.FillStoreAsync), _folder.Path, shell);
        string[] said = (await child.EndAsync()).Split('\n');
        Assert.Contains($"'{_folder.File("state.db")}'", said[0], StringComparison.Ordinal);
        Assert.Contains(problem, said[0], StringComparison.Ordinal);
        int answered = int.Parse(said[1].Split(' ')[0], CultureInfo.InvariantCulture);
        Assert.InRange(answered, 10, 100);
        Assert.Equal($"{answered} answered, {answered} left, {answered} right", said[1]);
    }

    /// <summary>A shell to run a child with little space, and what it will find: a tiny disk, or where none can be mounted a limit on files.</summary>
    private async Task<(string Shell, string Problem)> TightAsync(string onDisk, string underLimit = "it has reached the largest size allowed")
    {
        string tiny = $"FOLDER='{_folder.Path}'; export FOLDER; {OnTinyDisk}";
        ProcessStartInfo start = new("/bin/sh", ["-c", tiny, "sh", "true"]) { RedirectStandardError = true };
        using Process trial = Process.Start(start)!;
        await trial.WaitForExitAsync(CancellationToken.None).InTimeAsync();
        return trial.ExitCode == 0 ? (tiny, onDisk) : (UnderFileLimit, underLimit);
    }
}
