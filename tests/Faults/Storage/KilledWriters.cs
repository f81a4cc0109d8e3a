using System.Globalization;
using System.Text;
using Katanemimena.Adapters.FileSystem;
using Katanemimena.Adapters.Sqlite;
using Katanemimena.Core;
using Katanemimena.Tests.Contracts;
using Xunit;

namespace Katanemimena.Tests.Faults;

/// <summary>Processes are killed with SIGKILL while they write; what they were answered must be there, and nothing half.</summary>
public sealed class KilledWriters : IDisposable
{
    private const int Kills = 12;
    private static readonly CancellationToken Never = CancellationToken.None;
    private readonly TemporaryFolder _folder = new();
    private readonly Random _random = new(20_261_122);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Store_and_queue_keep_what_was_answered_and_nothing_half()
    {
        long revision = 0;
        for (int kill = 0; kill < Kills; kill++)
        {
            int[] answered = await WriteUntilKilledAsync();
            using SqliteKeyValueStore store = new(_folder.File("state.db"), TimeProvider.System);
            using SqliteTaskQueue queue = new(_folder.File("queue.db"), TimeProvider.System);
            for (int writer = 0; writer < StorageChildren.Writers; writer++)
            {
                RangeResult pair = await store.RangeAsync(KeyRange.Prefix($"/pair/{writer}/"), Never);
                Assert.Equal(2, pair.Keys.Count);
                string left = Encoding.ASCII.GetString(pair.Keys[0].Value.Span);
                Assert.Equal(left, Encoding.ASCII.GetString(pair.Keys[1].Value.Span));
                int number = int.Parse(left.TrimEnd('.'), CultureInfo.InvariantCulture);
                Assert.Equal($"{number}{new string('.', number * 37 % 9_000)}", left);
                Assert.InRange(number, answered[writer], answered[writer] + 1);
                Assert.InRange(await queue.CountAsync($"writer-{writer}", Never), answered[writer] - kill, number);
                Assert.True(pair.Revision > revision);
            }

            revision = (await store.RangeAsync(KeyRange.One("/"), Never)).Revision;
        }
    }

    [Fact]
    public async Task Volume_keeps_what_was_published_and_nothing_half()
    {
        for (int kill = 0; kill < Kills; kill++)
        {
            await using ChildProcess child = ChildProcess.Start(nameof(StorageChildren.PublishFilesAsync), _folder.Path);
            int published = -1;
            for (int left = _random.Next(1, 40); left > 0; left--)
            {
                published = int.Parse((await child.ReadAsync())!, CultureInfo.InvariantCulture);
            }

            List<string> rest = await child.KillAsync();
            published = rest.Count > 0 ? int.Parse(rest[^1], CultureInfo.InvariantCulture) : published;
            FolderVolume volume = new(_folder.Path, durable: false, owner: true);
            Assert.DoesNotContain(Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories), file => file.Contains('~', StringComparison.Ordinal));
            Assert.InRange(volume.List("files").Count, published + 1, published + 2);
            for (int number = 0; number < volume.List("files").Count; number++)
            {
                RequireWhole(volume, $"files/{number}", [number]);
            }

            RequireWhole(volume, "latest", [published, published + 1]);
        }
    }

    [Fact]
    public async Task Lock_of_a_killed_process_is_free()
    {
        await using ChildProcess child = ChildProcess.Start(nameof(StorageChildren.HoldLockAsync), _folder.Path);
        Assert.Equal("held", await child.ReadAsync());
        PermanentFault fault = Assert.Throws<PermanentFault>(() => StateFolderLock.Take(_folder.Path));
        Assert.Contains($"is in use by process {child.Id}", fault.Message, StringComparison.Ordinal);
        await child.KillAsync();
        using StateFolderLock taken = StateFolderLock.Take(_folder.Path);
    }

    /// <summary>Lets a child write, kills it, and returns the last number that each writer was answered.</summary>
    private async Task<int[]> WriteUntilKilledAsync()
    {
        await using ChildProcess child = ChildProcess.Start(nameof(StorageChildren.WriteStoreAsync), _folder.Path);
        int[] answered = new int[StorageChildren.Writers];
        int lines = _random.Next(1, 300);
        while (lines > 0 || answered.Contains(0))
        {
            Note(await child.ReadAsync());
            lines--;
        }

        (await child.KillAsync()).ForEach(Note);
        return answered;

        void Note(string? line)
        {
            int[] words = [.. line!.Split(' ').Select(word => int.Parse(word, CultureInfo.InvariantCulture))];
            answered[words[0]] = words[1];
        }
    }

    private static void RequireWhole(FolderVolume volume, string path, int[] numbers)
    {
        using VolumeReader reader = volume.Open(path);
        byte[] content = new byte[reader.Length];
        reader.Read(0, content);
        Assert.Contains(numbers, number => content.AsSpan().SequenceEqual([.. Enumerable.Repeat(StorageChildren.Content(number), 8).SelectMany(piece => piece)]));
    }
}
