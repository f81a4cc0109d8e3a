using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace Katanemimena.Client;

/// <summary>CRC-32C (Castagnoli) over bytes that come piece by piece.</summary>
public struct Crc32C : IEquatable<Crc32C>
{
    /// <summary>The checksum of the bytes so far.</summary>
    public uint Value { get; private set; }

    /// <summary>The checksum of some bytes.</summary>
    public static Crc32C Of(ReadOnlySpan<byte> bytes)
    {
        Crc32C checksum = default;
        checksum.Append(bytes);
        return checksum;
    }

    /// <summary>Takes the next bytes in.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        uint checksum = ~Value;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            checksum = BitOperations.Crc32C(checksum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (byte single in bytes)
        {
            checksum = BitOperations.Crc32C(checksum, single);
        }

        Value = ~checksum;
    }

    /// <inheritdoc/>
    public readonly bool Equals(Crc32C other) => Value == other.Value;

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is Crc32C other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => (int)Value;

    /// <summary>Whether both are the same.</summary>
    public static bool operator ==(Crc32C left, Crc32C right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(Crc32C left, Crc32C right) => !left.Equals(right);

    /// <summary>8 lower-case hexadecimal digits.</summary>
    public override readonly string ToString() => Value.ToString("x8", CultureInfo.InvariantCulture);
}
