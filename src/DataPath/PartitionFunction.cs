using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Katanemimena.DataPath;

/// <summary>Which partition a key belongs to: a 64-bit hash of the key's bytes, mapped evenly to the partitions of the job.</summary>
/// <remarks>The hash is wyhash, final version 4 (Wang Yi, public domain), seed 0, with its first published secret. It is part of
/// the run file format: runs of one job must agree on it, so its values are pinned by tests and never change within a format version.
/// The partition is the high half of hash × P (Lemire, Fast Random Integer Generation in an Interval, 2019): it uses the hash's high
/// bits, which leaves the low bits free for hash tables over the keys of one partition.</remarks>
public static class PartitionFunction
{
    private const ulong Secret0 = 0xa0761d6478bd642f;
    private const ulong Secret1 = 0xe7037ed1a0b428db;
    private const ulong Secret2 = 0x8ebc6af09c88c6e3;
    private const ulong Secret3 = 0x589965cc75374cc3;

    private static readonly ulong s_seed = Mix(Secret0, Secret1);

    /// <summary>The partition, 0 to <paramref name="partitions"/> - 1, of a key.</summary>
    public static int Of(ReadOnlySpan<byte> key, int partitions) => Of(Hash(key), partitions);

    /// <summary>The partition, 0 to <paramref name="partitions"/> - 1, of a key with this hash.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Of(ulong hash, int partitions) => (int)Math.BigMul(hash, (ulong)(uint)partitions, out _);

    /// <summary>The hash of a key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Hash(ReadOnlySpan<byte> key) => Hash(ref MemoryMarshal.GetReference(key), (uint)key.Length, s_seed);

    /// <summary>The hash with another seed, to compare with published values.</summary>
    internal static ulong Hash(ReadOnlySpan<byte> key, ulong seed) =>
        Hash(ref MemoryMarshal.GetReference(key), (uint)key.Length, seed ^ Mix(seed ^ Secret0, Secret1));

    /// <summary>The hash of <paramref name="length"/> bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static unsafe ulong Hash(byte* key, uint length) => Hash(ref *key, length, s_seed);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Hash(ref byte key, uint length, ulong seed)
    {
        ulong a, b;
        if (length <= 16)
        {
            if (length >= 4)
            {
                nuint middle = (length >> 3) << 2;
                a = ((ulong)Read4(ref key, 0) << 32) | Read4(ref key, middle);
                b = ((ulong)Read4(ref key, length - 4) << 32) | Read4(ref key, length - 4 - middle);
            }
            else
            {
                a = length == 0 ? 0 : Read3(ref key, length);
                b = 0;
            }
        }
        else
        {
            seed = HashLong(ref key, length, seed);
            a = Read8(ref key, length - 16);
            b = Read8(ref key, length - 8);
        }

        ulong high = Math.BigMul(a ^ Secret1, b ^ seed, out ulong low);
        return Mix(low ^ Secret0 ^ length, high ^ Secret1);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong HashLong(ref byte key, uint length, ulong seed)
    {
        uint left = length;
        nuint at = 0;
        if (left >= 48)
        {
            ulong second = seed, third = seed;
            do
            {
                seed = Mix(Read8(ref key, at) ^ Secret1, Read8(ref key, at + 8) ^ seed);
                second = Mix(Read8(ref key, at + 16) ^ Secret2, Read8(ref key, at + 24) ^ second);
                third = Mix(Read8(ref key, at + 32) ^ Secret3, Read8(ref key, at + 40) ^ third);
                at += 48;
                left -= 48;
            }
            while (left >= 48);
            seed ^= second ^ third;
        }

        for (; left > 16; left -= 16, at += 16)
        {
            seed = Mix(Read8(ref key, at) ^ Secret1, Read8(ref key, at + 8) ^ seed);
        }

        return seed;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        return high ^ low;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Read8(ref byte key, nuint at)
    {
        ulong word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref key, at));
        return BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Read4(ref byte key, nuint at)
    {
        uint word = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref key, at));
        return BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Read3(ref byte key, uint length) =>
        ((ulong)key << 16) | ((ulong)Unsafe.Add(ref key, length >> 1) << 8) | Unsafe.Add(ref key, length - 1);
}
