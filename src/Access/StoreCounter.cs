using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Access;

/// <summary>A number in the store that only grows; its revision stands for "nothing of the kind was made since".</summary>
internal static class StoreCounter
{
    /// <summary>One more than the number stored; 1 after none.</summary>
    internal static byte[] Next(KeyValue? stored)
    {
        long number = stored is not null && Utf8Parser.TryParse(stored.Value.Span, out long old, out _) ? old : 0;
        return Encoding.ASCII.GetBytes((number + 1).ToString(CultureInfo.InvariantCulture));
    }
}
