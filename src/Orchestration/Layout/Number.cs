using System.Buffers.Text;
using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>A number as a value of the store: decimal digits.</summary>
internal static class Number
{
    public static byte[] Write(long number) => System.Text.Encoding.ASCII.GetBytes(number.ToString(System.Globalization.CultureInfo.InvariantCulture));

    public static long Read(ReadOnlySpan<byte> value)
    {
        Invariant.Holds(TryRead(value, out long number), "a counter holds a decimal number");
        return number;
    }

    public static bool TryRead(ReadOnlySpan<byte> value, out long number) => Utf8Parser.TryParse(value, out number, out int used) && used == value.Length;
}
