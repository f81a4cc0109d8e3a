using System.Globalization;
using Katanemimena.Core;
using Katanemimena.DataPath;
using Xunit;

namespace Katanemimena.Tests.Unit.DataPath;

public class DamageTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Flipped_bit_at_any_byte_is_damage_and_nothing_else(int partitions)
    {
        (Rig rig, byte[] good) = SmallRun(partitions);
        for (int at = 0; at < good.Length; at++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] bad = [.. good];
                bad[at] ^= (byte)(1 << bit);
                Put(rig, "run", bad);
                var fault = Assert.Throws<CorruptDataFault>(() => rig.Read(["run"]));
                Assert.Equal(Rig.Id("run"), fault.Producer);
                Assert.Contains("run", fault.Message, StringComparison.Ordinal);
                Assert.Contains("byte ", fault.Message, StringComparison.Ordinal);
                Assert.Equal(0, rig.Pool.Outstanding);
            }
        }
    }

    [Fact]
    public void File_cut_at_any_length_is_damage_and_nothing_else()
    {
        (Rig rig, byte[] good) = SmallRun(2);
        for (int length = 0; length < good.Length; length++)
        {
            Put(rig, "run", good[..length]);
            Assert.Throws<CorruptDataFault>(() => rig.Read(["run"]));
        }
    }

    [Fact]
    public void Bytes_put_into_a_segment_at_random_are_damage_and_nothing_else()
    {
        (Rig rig, byte[] good) = SmallRun(2);
        var random = new Random(9);
        for (int i = 0; i < 3000; i++)
        {
            byte[] bad = [.. good];
            Span<byte> hit = bad.AsSpan(random.Next(good.Length));
            random.NextBytes(hit[..Math.Min(hit.Length, 1 + random.Next(20))]);
            Put(rig, "run", bad);
            if (!bad.AsSpan().SequenceEqual(good))
            {
                Assert.Throws<CorruptDataFault>(() => rig.Read(["run"]));
            }
        }
    }

    [Fact]
    public void Damage_late_in_a_long_segment_is_found_by_its_end()
    {
        var rig = new Rig();
        Rig.Write(rig.Options(1, 8 << 20), Enumerable.Range(0, 50_000).Select(i => Pair.Of(i.ToString("d8", CultureInfo.InvariantCulture), "x")), "run");
        byte[] bytes = Get(rig, "run");
        bytes[300_000] ^= 1;
        Put(rig, "run", bytes);
        Assert.Throws<CorruptDataFault>(() => rig.Read(["run"], memory: 32 << 10));
    }

    [Fact]
    public void Missing_file_is_damage_of_its_producer()
    {
        var fault = Assert.Throws<CorruptDataFault>(() => new Rig().Read(["gone"]));
        Assert.Equal(Rig.Id("gone"), fault.Producer);
        Assert.Contains("missing", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_in_each_others_place_are_damage()
    {
        var rig = new Rig();
        Rig.Write(rig.Options(2), Pairs.Random(1, 50), "run");
        byte[] bytes = Get(rig, "run");
        int rows = bytes.Length - 32 - 128;
        byte[] swapped = [.. bytes[..rows], .. bytes[(rows + 64)..(rows + 128)], .. bytes[rows..(rows + 64)], .. bytes[^32..]];
        Put(rig, "run", swapped);
        Assert.Throws<CorruptDataFault>(() => rig.Read(["run"]));
    }

    [Fact]
    public void User_code_that_fails_on_damaged_data_is_not_blamed()
    {
        var rig = new Rig();
        Rig.Write(rig.Options(1, 8 << 20), Enumerable.Range(0, 50_000).Select(i => Pair.Of(i.ToString("d8", CultureInfo.InvariantCulture), "x")), "run");
        byte[] bytes = Get(rig, "run");
        bytes[^400] ^= 1;
        Put(rig, "run", bytes);
        var code = new Code
        {
            OnReduce = (groups, _) =>
            {
                groups.NextGroup();
                throw new UserCodeFault(new FailureCard { Stage = "reduce", Error = "failed on the first key" });
            },
        };
        Assert.Throws<CorruptDataFault>(() => ReduceExecutor.Run(rig.Reduce(code, ["run"], [0], 64 << 10), rig.Pool, null));
        Assert.Equal(["run"], rig.Volume.List(""));
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    private static (Rig Rig, byte[] Good) SmallRun(int partitions)
    {
        var rig = new Rig();
        List<Pair> pairs = Pairs.Random(2, 40);
        pairs.AddRange([Pair.Of("long", new string('v', 200)), Pair.Of("long", new string('v', 200)), Pair.Of(new string('k', 150), "")]);
        Rig.Write(rig.Options(partitions), pairs, "run");
        Assert.Equal(Rig.Show(Rig.Expected(pairs)), Rig.Show(rig.Read(["run"])));
        return (rig, Get(rig, "run"));
    }

    private static byte[] Get(Rig rig, string path)
    {
        using VolumeReader reader = rig.Volume.Open(path);
        byte[] bytes = new byte[reader.Length];
        reader.Read(0, bytes);
        return bytes;
    }

    private static void Put(Rig rig, string path, byte[] bytes)
    {
        using VolumeWriter writer = rig.Volume.Create(path);
        writer.Write(bytes);
        writer.Publish();
    }
}
