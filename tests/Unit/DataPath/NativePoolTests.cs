using Katanemimena.DataPath;
using Xunit;

namespace Katanemimena.Tests.Unit.DataPath;

public unsafe class NativePoolTests
{
    [Fact]
    public void Piece_returned_is_rented_again()
    {
        var pool = new NativePool(1 << 20);
        byte* first = pool.Rent(10_000, out long capacity);
        pool.Return(first, capacity);
        byte* second = pool.Rent(capacity, out long again);
        Assert.True(first == second);
        Assert.Equal(capacity, again);
        pool.Return(second, again);
        Assert.Equal(0, pool.Outstanding);
        Assert.Equal(capacity + NativePool.SlackBytes, pool.Retained);
    }

    [Fact]
    public void Kept_and_used_pieces_never_exceed_the_most_ever_used()
    {
        var pool = new NativePool(long.MaxValue);
        var random = new Random(3);
        List<(nint Piece, long Capacity)> rented = [];
        long most = 0;
        for (int i = 0; i < 2000; i++)
        {
            if (rented.Count > 0 && random.Next(2) == 0)
            {
                int which = random.Next(rented.Count);
                pool.Return((byte*)rented[which].Piece, rented[which].Capacity);
                rented.RemoveAt(which);
            }
            else
            {
                byte* piece = pool.Rent(random.Next(100_000), out long capacity);
                rented.Add(((nint)piece, capacity));
            }

            most = Math.Max(most, pool.Outstanding);
            Assert.True(pool.Outstanding + pool.Retained <= most);
        }

        rented.ForEach(r => pool.Return((byte*)r.Piece, r.Capacity));
        Assert.Equal(0, pool.Outstanding);
    }

    [Fact]
    public void Sizes_waste_at_most_a_quarter_and_name_themselves()
    {
        for (int bytes = 5000; bytes < 3_000_000; bytes += 777)
        {
            long size = NativePool.SizeFor(bytes);
            Assert.InRange(size, bytes + NativePool.SlackBytes, (bytes + NativePool.SlackBytes) * 5L / 4);
            Assert.Equal(size, NativePool.SizeFor(size - NativePool.SlackBytes));
            int within = NativePool.CapacityWithin(bytes);
            Assert.Equal(within + NativePool.SlackBytes, NativePool.SizeFor(within));
            Assert.InRange(within + NativePool.SlackBytes, bytes * 3 / 4, bytes);
        }
    }

    [Fact]
    public void Nothing_is_kept_above_the_limit()
    {
        var pool = new NativePool(0);
        byte* piece = pool.Rent(1, out long capacity);
        pool.Return(piece, capacity);
        Assert.Equal(0, pool.Retained);
    }
}
