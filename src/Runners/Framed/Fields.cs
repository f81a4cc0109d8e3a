using System.Buffers.Binary;
using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Numbers, texts and bytes one after the other in the body of a frame, in front of their length where they have one. Little endian.</summary>
internal static class Fields
{
    /// <summary>Length that stands for a null.</summary>
    public const int Null = -1;

    /// <summary>Appends a number.</summary>
    public static void Add(this ByteBuffer body, long number)
    {
        BinaryPrimitives.WriteInt64LittleEndian(body.Room(8), number);
        body.Advance(8);
    }

    /// <summary>Appends a number of 4 bytes.</summary>
    public static void Add(this ByteBuffer body, int number)
    {
        BinaryPrimitives.WriteInt32LittleEndian(body.Room(4), number);
        body.Advance(4);
    }

    /// <summary>Appends a truth value.</summary>
    public static void Add(this ByteBuffer body, bool value) => body.Append(value ? (byte)1 : (byte)0);

    /// <summary>Appends bytes, or null.</summary>
    public static void Add(this ByteBuffer body, byte[]? bytes)
    {
        body.Add(bytes?.Length ?? Null);
        body.Append(bytes);
    }

    /// <summary>Appends a text, or null. Half a surrogate pair becomes U+FFFD.</summary>
    public static void Add(this ByteBuffer body, string? text) => body.Add(text is null ? null : Encoding.UTF8.GetBytes(text));

    /// <summary>Appends a list, or null.</summary>
    public static void Add<T>(this ByteBuffer body, IReadOnlyCollection<T>? items, Action<ByteBuffer, T> add)
    {
        body.Add(items?.Count ?? Null);
        foreach (T item in items ?? [])
        {
            add(body, item);
        }
    }
}

/// <summary>Reads what <see cref="Fields"/> wrote.</summary>
/// <remarks>Every method throws the <see cref="ProgramFailure"/> of <see cref="Frame.Foreign"/> if the bytes are none of it: the other process may have written anything.</remarks>
internal ref struct FieldReader(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> _left = body;

    /// <summary>Reads one item of a list.</summary>
    public delegate T Item<T>(ref FieldReader fields);

    /// <summary>What was not read yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => _left;

    /// <summary>Reads a number.</summary>
    public long Long() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    /// <summary>Reads a number of 4 bytes.</summary>
    public int Int() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    /// <summary>Reads a truth value.</summary>
    public bool Bool() => Take(1)[0] != 0;

    /// <summary>Reads bytes, or null.</summary>
    public byte[]? Bytes() => Int() is var length && length == Fields.Null ? null : Take(length).ToArray();

    /// <summary>Reads the bytes of a text or other bytes in place; none for null.</summary>
    public ReadOnlySpan<byte> Span() => Int() is var length && length == Fields.Null ? default : Take(length);

    /// <summary>Reads a text, or null.</summary>
    public string? TextOrNull() => Int() is var length && length == Fields.Null ? null : Encoding.UTF8.GetString(Take(length));

    /// <summary>Reads a text.</summary>
    public string Text() => TextOrNull() ?? throw Frame.Foreign();

    /// <summary>Reads the id of a job.</summary>
    public JobId Job() => JobId.TryParse(Text(), out JobId job) ? job : throw Frame.Foreign();

    /// <summary>Reads a list, or null.</summary>
    public List<T>? List<T>(Item<T> item)
    {
        int count = Int();
        if (count == Fields.Null)
        {
            return null;
        }

        List<T> items = [];
        for (; count > 0; count--)
        {
            items.Add(item(ref this));
        }

        return items;
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if ((uint)length > (uint)_left.Length)
        {
            throw Frame.Foreign();
        }

        ReadOnlySpan<byte> taken = _left[..length];
        _left = _left[length..];
        return taken;
    }
}
