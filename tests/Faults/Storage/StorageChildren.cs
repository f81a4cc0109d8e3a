using System.Globalization;
using System.Text;
using Katanemimena.Adapters.FileSystem;
using Katanemimena.Adapters.Sqlite;
using Katanemimena.Core;

namespace Katanemimena.Tests.Faults;

/// <summary>What children do to stores and volumes until they are killed or the disk is full.</summary>
internal static class StorageChildren
{
    internal const int Writers = 3;

    private static readonly CancellationToken Never = CancellationToken.None;

    /// <summary>Several writers put pairs of equal keys and send messages, for ever; each says what was answered: <c>writer number</c>.</summary>
    internal static async Task WriteStoreAsync(string folder)
    {
        using SqliteKeyValueStore store = new(Path.Combine(folder, "state.db"), TimeProvider.System, survivesPowerFailure: false);
        using SqliteTaskQueue queue = new(Path.Combine(folder, "queue.db"), TimeProvider.System);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            RangeResult before = await store.RangeAsync(KeyRange.One(Left(writer)), Never);
            int number = before.Keys.Count == 0 ? 0 : int.Parse(Encoding.ASCII.GetString(before.Keys[0].Value.Span).TrimEnd('.'), CultureInfo.InvariantCulture);
            while (true)
            {
                byte[] value = Encoding.ASCII.GetBytes($"{++number}{new string('.', number * 37 % 9_000)}");
                await store.TransactAsync(
                    new Transaction { Writes = [new KeyWrite.Put(Left(writer), value), new KeyWrite.Put(Right(writer), value)] }, Never);
                await queue.SendAsync($"writer-{writer}", value, TimeSpan.Zero, Never);
                ChildProgram.Say($"{writer} {number}");
            }
        })));
    }

    /// <summary>Publishes files, new ones and the same one again, for ever; says the number of each when it is published.</summary>
    internal static Task PublishFilesAsync(string folder)
    {
        FolderVolume volume = new(folder, durable: false, owner: true);
        for (int number = volume.List("files").Count; ; number++)
        {
            foreach (string path in new[] { $"files/{number}", "latest" })
            {
                using VolumeWriter writer = volume.Create(path);
                for (int piece = 0; piece < 8; piece++)
                {
                    writer.Write(Content(number));
                }

                writer.Publish();
            }

            ChildProgram.Say($"{number}");
        }
    }

    /// <summary>Takes the lock of a folder, says so and sits there.</summary>
    internal static async Task HoldLockAsync(string folder)
    {
        using StateFolderLock held = StateFolderLock.Take(folder);
        ChildProgram.Say("held");
        await new TaskCompletionSource().Task;
    }

    /// <summary>Writes a file until the disk is full and says the fault; then shows that the volume still works.</summary>
    internal static Task FillVolumeAsync(string folder)
    {
        FolderVolume volume = new(folder, durable: true);
        try
        {
            using VolumeWriter writer = volume.Create("big/file");
            while (writer.Length < 1 << 26)
            {
                writer.Write(new byte[1 << 16]);
            }
        }
        catch (PermanentFault fault)
        {
            ChildProgram.Say(fault.Message);
        }

        using VolumeWriter small = volume.Create("small");
        small.Write("small"u8);
        small.Publish();
        ChildProgram.Say(string.Join(' ', volume.List("")));
        return Task.CompletedTask;
    }

    /// <summary>Puts keys until the disk is full and says the fault; then shows that what was answered is all there.</summary>
    internal static async Task FillStoreAsync(string folder)
    {
        string path = Path.Combine(folder, "state.db");
        int answered = 0;
        using (SqliteKeyValueStore store = new(path, TimeProvider.System))
        {
            try
            {
                for (; answered < 10_000; answered++)
                {
                    KeyWrite[] both = [new KeyWrite.Put($"/left/{answered:D5}", new byte[5_000]), new KeyWrite.Put($"/right/{answered:D5}", new byte[5_000])];
                    await store.TransactAsync(new Transaction { Writes = both }, Never);
                }
            }
            catch (PermanentFault fault)
            {
                ChildProgram.Say(fault.Message);
            }

            RangeResult left = await store.RangeAsync(KeyRange.Prefix("/left/"), Never);
            RangeResult right = await store.RangeAsync(KeyRange.Prefix("/right/"), Never);
            ChildProgram.Say($"{answered} answered, {left.Count} left, {right.Count} right");
        }
    }

    internal static string Left(int writer) => $"/pair/{writer}/left";

    internal static string Right(int writer) => $"/pair/{writer}/right";

    /// <summary>The piece of which a file consists eight times.</summary>
    internal static byte[] Content(int number)
    {
        byte[] content = new byte[1_000 + (number * 997 % 50_000)];
        new Random(number).NextBytes(content);
        return content;
    }
}
