using System.Globalization;
using Katanemimena.Core;
using Katanemimena.DataPath;
using Katanemimena.Service;
using Xunit;

namespace Katanemimena.Tests.Unit.Service.Datafiles;

/// <summary>Uploads by several senders over several instances, with blocks of any size, repeats, gaps, restarts, drops, other bytes and a store that fails: what is done has the right bytes.</summary>
public sealed class DatafileChaosTests
{
    private const int Mebibyte = DatafileRig.Mebibyte;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task Senders_of_the_same_bytes_bring_them_up_whatever_happens(int seed)
    {
        var random = new Random(seed);
        using var rig = new DatafileRig(store => new FlakyStore(store, new Random(seed + 100)));
        byte[] file = DatafileRig.Bytes(random.Next(2 * Mebibyte, 7 * Mebibyte), seed);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(n => Task.Run(() => SendAsync(rig, rig.First, file, new Random((seed * 10) + n)))));
        await rig.CheckAsync();
        Datafile done = (await rig.Second.FindAsync(DatafileRig.Owner, "a", default))!;
        Assert.Equal(Crc32C.Append(0, file), done.Crc32C);
        Assert.True(file.AsSpan().SequenceEqual(rig.Read(done)), string.Create(CultureInfo.InvariantCulture, $"seed {seed}"));

        // Nothing is left but the datafile, once time has passed.
        await rig.Second.DropUploadAsync(DatafileRig.Owner, "a", default);
        rig.Clock.Advance(DatafileSweeper.LooseTime);
        await rig.Sweeper.SweepAsync(default);
        Assert.Single(rig.Volume.List("data").Select(path => path.Split('/')[1]).Distinct());
        Assert.Equal(file.Length, await rig.Second.StoredBytesAsync(DatafileRig.Owner, default));
        await rig.CheckAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Senders_of_other_bytes_never_mix(int seed)
    {
        using var rig = new DatafileRig();
        byte[] file = DatafileRig.Bytes(3 * Mebibyte + 17, seed);
        byte[][] files = [.. Enumerable.Range(0, 3).Select(n => Changed(file, n * Mebibyte))];
        await Task.WhenAll(files.Select((bytes, n) => Task.Run(() => SendFromStartAsync(rig, n == 0 ? rig.First : rig.Second, bytes, new Random((seed * 10) + n)))));
        await rig.CheckAsync();
        byte[] stored = (await rig.ReadAsync("a"))!;
        Assert.Single(files, bytes => bytes.AsSpan().SequenceEqual(stored));
    }

    /// <summary>Sends until the datafile is done, in any order that a bad client may take to.</summary>
    private static async Task SendAsync(DatafileRig rig, DatafileStore store, byte[] file, Random random)
    {
        uint whole = Crc32C.Append(0, file);
        long at = 0;
        for (int step = 1; step < 1000; step++)
        {
            await Task.Yield();
            try
            {
                if (random.Next(40) == 0)
                {
                    await store.DropUploadAsync(DatafileRig.Owner, "a", default);
                }

                at = random.Next(6) switch
                {
                    0 => (await store.UploadAsync(DatafileRig.Owner, "a", default))?.Received ?? 0,
                    1 => random.Next(file.Length - Mebibyte),
                    2 => 0,
                    _ => at,
                };
                BlockRequest block = Next(file, at, random) with { FileCrc32C = whole, Replace = random.Next(4) == 0 };
                switch (await DatafileRig.PutAsync(random.Next(2) == 0 ? store : rig.Second, block, file))
                {
                    case BlockOutcome.Done:
                        return;
                    case BlockOutcome.Received received:
                        at = received.Upload.Received;
                        break;
                    case BlockOutcome.WrongOffset wrong:
                        at = wrong.There;
                        break;
                    case BlockOutcome.Exists:
                        return;
                    case var other:
                        Assert.Fail($"the bytes are the same, but the outcome is {other}");
                        break;
                }
            }
            catch (TransientFault)
            {
                // As a client does: sent again, or asked where to go on.
            }
        }

        throw new InvalidOperationException("the upload does not come to its end");
    }

    private static async Task SendFromStartAsync(DatafileRig rig, DatafileStore store, byte[] file, Random random)
    {
        long at = 0;
        while (true)
        {
            await Task.Yield();
            BlockRequest block = Next(file, at, random);
            switch (await DatafileRig.PutAsync(store, block, file))
            {
                case BlockOutcome.Received received:
                    // Goes on after its own block, however far others have come: all that it has was then taken or found the same.
                    Assert.True(received.Upload.Received >= at + block.Length);
                    at += block.Length;
                    break;
                case BlockOutcome.Done or BlockOutcome.Exists or BlockOutcome.OtherUpload:
                    return;
                case BlockOutcome.WrongOffset wrong:
                    at = Math.Min(at, wrong.There);
                    break;
                case var other:
                    Assert.Fail($"{other}");
                    return;
            }
        }
    }

    /// <summary>A block at an offset, of 1 MiB or more, or the rest.</summary>
    private static BlockRequest Next(byte[] file, long at, Random random)
    {
        long left = file.Length - at;
        long length = left <= Mebibyte || (at > 0 && random.Next(5) == 0) ? left : Math.Min(left, random.NextInt64(Mebibyte, 2 * Mebibyte));
        return DatafileRig.Block("a", file, at, length);
    }

    private static byte[] Changed(byte[] file, int at)
    {
        byte[] changed = [.. file];
        changed[at] ^= 1;
        return changed;
    }

    /// <summary>A store that fails now and then, before or after it has done what it was asked.</summary>
    private sealed class FlakyStore(IKeyValueStore store, Random random) : IKeyValueStore
    {
        private readonly Lock _gate = new();

        public ValueTask<RangeResult> RangeAsync(KeyRange range, CancellationToken cancellation) =>
            Throws(12) ? throw new TransientFault("not reached") : store.RangeAsync(range, cancellation);

        public async ValueTask<TransactionResult> TransactAsync(Transaction transaction, CancellationToken cancellation)
        {
            await Task.Yield();
            if (Throws(12))
            {
                throw new TransientFault("not reached");
            }

            TransactionResult result = await store.TransactAsync(transaction, cancellation);
            return Throws(12) ? throw new TransientFault("the answer is lost") : result;
        }

        public ValueTask<LeaseId> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellation) => store.GrantLeaseAsync(timeToLive, cancellation);

        public ValueTask<bool> RenewLeaseAsync(LeaseId lease, CancellationToken cancellation) => store.RenewLeaseAsync(lease, cancellation);

        public ValueTask RevokeLeaseAsync(LeaseId lease, CancellationToken cancellation) => store.RevokeLeaseAsync(lease, cancellation);

        public IAsyncEnumerable<KeyChange> WatchAsync(KeyRange range, long fromRevision, CancellationToken cancellation) => store.WatchAsync(range, fromRevision, cancellation);

        private bool Throws(int oneIn)
        {
            lock (_gate)
            {
                return random.Next(oneIn) == 0;
            }
        }
    }
}
