using System.Text;
using Katanemimena.Adapters.InMemory;
using Katanemimena.Core;
using Katanemimena.DataPath;
using Katanemimena.Service;
using Katanemimena.Tests.Contracts;
using Katanemimena.Tests.Unit.Access;
using Xunit;

namespace Katanemimena.Tests.Unit.Service.Datafiles;

/// <summary>Two instances over one store and one volume in memory, with a clock that stands still.</summary>
internal sealed class DatafileRig : IDisposable
{
    internal const string Owner = "ada";
    internal const int Mebibyte = 1 << 20;

    private readonly InMemoryKeyValueStore _memory;

    internal DatafileRig(Func<IKeyValueStore, IKeyValueStore>? broken = null)
    {
        _memory = new InMemoryKeyValueStore(Clock);
        Store = new RacingStore(broken?.Invoke(_memory) ?? _memory);
        First = new DatafileStore(Store, Volume, Clock);
        Second = new DatafileStore(_memory, Volume, Clock);
        Sweeper = new DatafileSweeper(_memory, Volume, Clock);
    }

    internal ManualTimeProvider Clock { get; } = new();

    internal RacingStore Store { get; }

    /// <summary>The store without what breaks it.</summary>
    internal IKeyValueStore Truth => _memory;

    internal InMemoryVolume Volume { get; } = new();

    internal DatafileStore First { get; }

    internal DatafileStore Second { get; }

    internal DatafileSweeper Sweeper { get; }

    internal static byte[] Bytes(int count, int seed = 1)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>A block of a file, or all of it.</summary>
    internal static BlockRequest Block(string name, byte[] file, long offset = 0, long? length = null, bool replace = false, long quota = long.MaxValue, string owner = Owner) => new()
    {
        Owner = owner,
        Name = name,
        Offset = offset,
        Length = length ?? file.Length - offset,
        Total = file.Length,
        Replace = replace,
        StoredBytesMax = quota,
    };

    /// <summary>Sends a block of a file.</summary>
    internal static async Task<BlockOutcome> PutAsync(DatafileStore store, BlockRequest block, byte[] file) =>
        await store.PutAsync(block, new MemoryStream(file, (int)block.Offset, (int)block.Length), default);

    internal Task<BlockOutcome> PutAsync(string name, byte[] file, long offset = 0, long? length = null, bool replace = false, long quota = long.MaxValue, string owner = Owner) =>
        PutAsync(First, Block(name, file, offset, length, replace, quota, owner), file);

    /// <summary>Stores a file, which has to succeed.</summary>
    internal async Task<Datafile> AddAsync(string name, byte[]? file = null, bool replace = false, string owner = Owner) =>
        Assert.IsType<BlockOutcome.Done>(await PutAsync(name, file ?? Encoding.ASCII.GetBytes(name), replace: replace, owner: owner)).File;

    /// <summary>Stores a file in blocks of a size, the last perhaps smaller.</summary>
    internal async Task<Datafile> AddInBlocksAsync(string name, byte[] file, int blockBytes)
    {
        BlockOutcome outcome = null!;
        for (int offset = 0; offset < file.Length; offset += blockBytes)
        {
            outcome = await PutAsync(name, file, offset, Math.Min(blockBytes, file.Length - offset));
        }

        return Assert.IsType<BlockOutcome.Done>(outcome).File;
    }

    internal byte[] Read(Datafile file)
    {
        using VolumeReader reader = First.Open(file);
        return ReadAll(reader);
    }

    internal static byte[] ReadAll(VolumeReader reader)
    {
        byte[] bytes = new byte[reader.Length];
        Assert.Equal(bytes.Length, reader.Read(0, bytes));
        return bytes;
    }

    internal async Task<byte[]?> ReadAsync(string name, string owner = Owner) => await First.FindAsync(owner, name, default) is { } file ? Read(file) : null;

    /// <summary>Checks what always holds: every id has one record or is loose, the bytes stored are the sum over records and loose ids, and every datafile has the bytes and checksum it says.</summary>
    internal async Task CheckAsync(string owner = Owner)
    {
        Dictionary<string, string> ids = [];
        long sum = 0;
        foreach (KeyValue key in (await Truth.RangeAsync(KeyRange.Prefix("/mr/"), default)).Keys)
        {
            if (key.Key.StartsWith(DatafileKeys.FilesOf(owner), StringComparison.Ordinal))
            {
                Datafile file = DatafileResolver.Read(owner, key);
                ids.Add(file.Id, key.Key);
                sum += file.Bytes;
                byte[] bytes = Read(file);
                Assert.Equal(file.Bytes, bytes.Length);
                Assert.Equal(file.Crc32C, Crc32C.Append(0, bytes));
            }
            else if (DatafileDocuments.Default is var documents && key.Key.StartsWith(DatafileKeys.UploadsOf(owner), StringComparison.Ordinal))
            {
                StoredUpload upload = DatafileDocuments.Read(key, documents.StoredUpload)!;
                ids.Add(upload.Id, key.Key);
                sum += upload.Total;
            }
            else if (key.Key.StartsWith(DatafileKeys.Loose, StringComparison.Ordinal))
            {
                ids.Add(key.Key[DatafileKeys.Loose.Length..], key.Key);
                LooseBlocks loose = DatafileDocuments.Read(key, documents.LooseBlocks)!;
                sum += loose.Owner == owner ? loose.Bytes : 0;
            }
        }

        Assert.Equal(sum, await Second.StoredBytesAsync(owner, default));
        Assert.Empty(Volume.List("data").Select(path => path.Split('/')[1]).Distinct().Except(ids.Keys));
    }

    public void Dispose() => _memory.Dispose();
}
