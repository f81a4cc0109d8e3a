using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Something came from the user's code that is no pair, key or JSON value.</summary>
internal sealed class InvalidPair(string message) : Exception(message);

/// <summary>Reads pairs in marshal's format and hands them on with their values as compact JSON, or as text. No allocation per pair.</summary>
/// <param name="textValues">Whether a str becomes its own characters instead of a JSON string.</param>
/// <param name="valueBytesMax">Longest value. Few bytes of marshal's may stand for very many: a value that is there many times is written once.</param>
internal sealed class PairReader(bool textValues, int valueBytesMax = int.MaxValue)
{
    private const int DepthMax = 2100;   // marshal writes at most 2,000 levels
    private const int ValuesMax = 1_000;
    private readonly ByteBuffer _key = new();
    private readonly ByteBuffer _value = new();
    private readonly ByteBuffer _text = new();
    private int[] _references = new int[1024];
    private int _referenceCount;
    private bool _mayDouble;
    private bool _single;

    /// <summary>Reads lists of pairs, one after the other and each marshalled for itself, or a dict.</summary>
    /// <exception cref="InvalidPair">Something in it is no pair, key or JSON value; the pairs before it have been handed on.</exception>
    /// <exception cref="ProgramFailure">It is nothing that the host wrote.</exception>
    public void Read(ReadOnlySpan<byte> message, IPairSink sink)
    {
        Cursor cursor = new(this, message);
        do
        {
            _referenceCount = 0;
            ReadOne(ref cursor, sink);
        }
        while (!cursor.AtEnd);
    }

    private void ReadOne(ref Cursor cursor, IPairSink sink)
    {
        byte code = cursor.Code();
        if (code == MarshalCode.Dict)
        {
            while (!cursor.TryEnd())
            {
                ReadPair(ref cursor, sink);
            }

            return;
        }

        if (code != MarshalCode.List)
        {
            throw Frame.Foreign();
        }

        for (int left = cursor.Int32(); left > 0; left--)
        {
            ReadItem(ref cursor, sink);
        }
    }

    /// <summary>Looks a key up in a batch of groups as it was sent, and copies its first values.</summary>
    /// <param name="groups">A tuple whose first item is a dict of key to list of values; a tuple (value, n) there is n times the value.</param>
    /// <param name="key">The key.</param>
    /// <param name="bytesMax">Most bytes of values together.</param>
    /// <param name="values">The values.</param>
    /// <returns>Whether it has more values than that; null if the key is not there.</returns>
    public bool? FirstValues(ReadOnlySpan<byte> groups, ReadOnlySpan<byte> key, int bytesMax, List<byte[]> values)
    {
        _referenceCount = 0;
        Cursor cursor = new(this, groups);
        Invariant.Holds(cursor.Code() == MarshalCode.SmallTuple && cursor.Byte() == 2 && cursor.Code() == MarshalCode.Dict, "a batch of groups is a tuple that begins with a dict");
        while (!cursor.TryEnd())
        {
            bool found = ReadKey(ref cursor, _key).SequenceEqual(key);
            Invariant.Holds(cursor.Code() == MarshalCode.List, "values are a list");
            for (int left = cursor.Int32(); left > 0; left--)
            {
                bool repeats = cursor.Next == MarshalCode.SmallTuple;
                if (repeats)
                {
                    cursor.Bytes(2);
                }

                _value.Clear();
                WriteValue(ref cursor, textValues, 0);
                byte[] value = _value.Span.ToArray();
                long count = 1;
                if (repeats)
                {
                    _value.Clear();
                    WriteValue(ref cursor, asText: false, 0);
                    count = long.Parse(_value.Span, CultureInfo.InvariantCulture);
                }

                for (; found && count > 0; count--)
                {
                    bytesMax -= value.Length;
                    if (bytesMax < 0 || values.Count == ValuesMax)
                    {
                        return true;
                    }

                    values.Add(value);
                }
            }

            if (found)
            {
                return false;
            }
        }

        return null;
    }

    private void ReadItem(ref Cursor cursor, IPairSink sink)
    {
        byte code = cursor.Code();
        switch (code)
        {
            case MarshalCode.SmallTuple when cursor.Byte() == 2:
            case MarshalCode.Tuple or MarshalCode.List when cursor.Int32() == 2:
                ReadPair(ref cursor, sink);
                break;
            case MarshalCode.Reference:
                Cursor earlier = cursor.Earlier();
                ReadItem(ref earlier, sink);
                break;
            default:
                throw new InvalidPair("something was returned that is no (key, value) pair");
        }
    }

    private void ReadPair(ref Cursor cursor, IPairSink sink)
    {
        ReadOnlySpan<byte> key = ReadKey(ref cursor, _key);
        Cursor start = cursor;
        int references = _referenceCount;
        _value.Clear();
        _mayDouble = false;
        WriteValue(ref cursor, textValues, 0);
        if (_mayDouble)
        {
            cursor = start;
            _referenceCount = references;
            _value.Clear();
            _single = true;
            WriteValue(ref cursor, textValues, 0);
            _single = false;
        }

        sink.Add(key, _value.Span);
    }

    // A key as json.dumps writes it in a dict.
    private static ReadOnlySpan<byte> ReadKey(scoped ref Cursor cursor, ByteBuffer scratch)
    {
        byte code = cursor.Code();
        switch (code)
        {
            case MarshalCode.ShortAscii or MarshalCode.ShortAsciiInterned:
                return cursor.Bytes(cursor.Byte());
            case MarshalCode.Ascii or MarshalCode.AsciiInterned:
                return cursor.Bytes(cursor.Int32());
            case MarshalCode.Unicode or MarshalCode.Interned:
                return Surrogates.ToBytes(cursor.Bytes(cursor.Int32()), scratch);
            case MarshalCode.Reference:
                Cursor earlier = cursor.Earlier();
                return ReadKey(ref earlier, scratch);
            case MarshalCode.Int or MarshalCode.Long or MarshalCode.Float or MarshalCode.None or MarshalCode.True or MarshalCode.False:
                scratch.Clear();
                WriteScalar(code, ref cursor, scratch);
                return scratch.Span;
            default:
                throw new InvalidPair("a key must be a str, int, float, bool or None");
        }
    }

    private void WriteValue(ref Cursor cursor, bool asText, int depth)
    {
        byte code = cursor.Code();
        switch (code)
        {
            case MarshalCode.Reference:
                Cursor earlier = cursor.Earlier();
                WriteValue(ref earlier, asText, depth + 1);
                break;
            case MarshalCode.ShortAscii or MarshalCode.ShortAsciiInterned:
                WriteText(cursor.Bytes(cursor.Byte()), asText, ascii: true);
                break;
            case MarshalCode.Ascii or MarshalCode.AsciiInterned:
                WriteText(cursor.Bytes(cursor.Int32()), asText, ascii: true);
                break;
            case MarshalCode.Unicode or MarshalCode.Interned:
                WriteText(cursor.Bytes(cursor.Int32()), asText, ascii: false);
                break;
            case MarshalCode.SmallTuple:
                WriteItems(ref cursor, cursor.Byte(), depth);
                break;
            case MarshalCode.Tuple or MarshalCode.List:
                WriteItems(ref cursor, cursor.Int32(), depth);
                break;
            case MarshalCode.Dict:
                WriteMembers(ref cursor, depth);
                break;
            default:
                WriteScalar(code, ref cursor, _value);
                break;
        }
    }

    private void WriteItems(ref Cursor cursor, int count, int depth)
    {
        CheckDepth(depth);
        _value.Append((byte)'[');
        for (int i = 0; i < count; i++)
        {
            if (i > 0)
            {
                _value.Append((byte)',');
            }

            WriteValue(ref cursor, asText: false, depth + 1);
            CheckLength(0);
        }

        _value.Append((byte)']');
    }

    // Only a dict that has both strings and other keys may come to have a name twice; such a value is written again, with an eye on that.
    private void WriteMembers(ref Cursor cursor, int depth)
    {
        CheckDepth(depth);
        MemberNames? names = _single ? new MemberNames(_value) : null;
        bool anyText = false;
        bool anyOther = false;
        _value.Append((byte)'{');
        for (bool first = true; !cursor.TryEnd(); first = false)
        {
            if (!first)
            {
                _value.Append((byte)',');
            }

            names?.NameBegins();
            bool isText = WriteMemberName(ref cursor);
            anyText |= isText;
            anyOther |= !isText;
            names?.NameEnded();
            _value.Append((byte)':');
            WriteValue(ref cursor, asText: false, depth + 1);
            names?.ValueEnded();
            CheckLength(0);
        }

        _value.Append((byte)'}');
        _mayDouble |= anyText && anyOther;
        names?.KeepLast();
    }

    // Whether it is a string in Python too.
    private bool WriteMemberName(ref Cursor cursor)
    {
        byte code = cursor.Code();
        switch (code)
        {
            case MarshalCode.Reference:
                Cursor earlier = cursor.Earlier();
                return WriteMemberName(ref earlier);
            case MarshalCode.ShortAscii or MarshalCode.ShortAsciiInterned:
                JsonString.Append(_value, cursor.Bytes(cursor.Byte()));
                return true;
            case MarshalCode.Ascii or MarshalCode.AsciiInterned:
                JsonString.Append(_value, cursor.Bytes(cursor.Int32()));
                return true;
            case MarshalCode.Unicode or MarshalCode.Interned:
                JsonString.AppendUnicode(_value, cursor.Bytes(cursor.Int32()));
                return true;
            case MarshalCode.Int or MarshalCode.Long or MarshalCode.Float or MarshalCode.None or MarshalCode.True or MarshalCode.False:
                _value.Append((byte)'"');
                WriteScalar(code, ref cursor, _value);
                _value.Append((byte)'"');
                return false;
            default:
                throw new InvalidPair("a key of a dict must be a str, int, float, bool or None");
        }
    }

    private void WriteText(ReadOnlySpan<byte> text, bool asText, bool ascii)
    {
        CheckLength(text.Length);
        if (asText)
        {
            _value.Append(ascii ? text : Surrogates.ToBytes(text, _text));
        }
        else if (ascii)
        {
            JsonString.Append(_value, text);
        }
        else
        {
            JsonString.AppendUnicode(_value, text);
        }
    }

    private static void WriteScalar(byte code, ref Cursor cursor, ByteBuffer target)
    {
        switch (code)
        {
            case MarshalCode.Int:
                Utf8Formatter.TryFormat(cursor.Int32(), target.Room(12), out int written);
                target.Advance(written);
                break;
            case MarshalCode.Long:
                WriteLong(ref cursor, target);
                break;
            case MarshalCode.Float:
                double number = BinaryPrimitives.ReadDoubleLittleEndian(cursor.Bytes(8));
                if (!double.IsFinite(number))
                {
                    throw new InvalidPair("NaN and infinity are no JSON values");
                }

                target.Advance(PythonFloat.Format(number, target.Room(PythonFloat.BytesMax)));
                break;
            case MarshalCode.None:
                target.Append("null"u8);
                break;
            case MarshalCode.True:
                target.Append("true"u8);
                break;
            case MarshalCode.False:
                target.Append("false"u8);
                break;
            default:
                throw new InvalidPair("a value is none that JSON can hold");
        }
    }

    private static void WriteLong(ref Cursor cursor, ByteBuffer target)
    {
        int count = cursor.Int32();
        ReadOnlySpan<byte> digits = cursor.Bytes((int)Math.Min(int.MaxValue, 2 * Math.Abs((long)count)));
        if (Math.Abs(count) <= 4)
        {
            long small = 0;
            for (int at = digits.Length - 2; at >= 0; at -= 2)
            {
                small = (small << 15) | BinaryPrimitives.ReadUInt16LittleEndian(digits[at..]);
            }

            Utf8Formatter.TryFormat(count < 0 ? -small : small, target.Room(24), out int written);
            target.Advance(written);
            return;
        }

        BigInteger number = MarshalLong.FromDigits(digits);
        string text = (count < 0 ? -number : number).ToString(CultureInfo.InvariantCulture);
        System.Text.Encoding.ASCII.GetBytes(text, target.Room(text.Length));
        target.Advance(text.Length);
    }

    private void CheckLength(int more)
    {
        if ((long)_value.Length + more > valueBytesMax)
        {
            throw new InvalidPair(string.Create(CultureInfo.InvariantCulture, $"a value is longer than {valueBytesMax} bytes, the limit for a record"));
        }
    }

    private static void CheckDepth(int depth)
    {
        if (depth > DepthMax)
        {
            throw new InvalidPair("a value is nested too deeply, or holds itself");
        }
    }

    /// <summary>A place in a message. Codes with the flag are numbered as they are passed for the first time.</summary>
    private ref struct Cursor(PairReader reader, ReadOnlySpan<byte> message)
    {
        private readonly ReadOnlySpan<byte> _message = message;
        private int _at;
        private bool _again;

        public readonly bool AtEnd => _at == _message.Length;

        public readonly byte Next => _at < _message.Length ? _message[_at] : throw Frame.Foreign();

        public byte Code()
        {
            byte code = Next;
            _at++;
            if (code >= MarshalCode.Flag)
            {
                code -= MarshalCode.Flag;
                if (!_again)
                {
                    reader.Remember(_at - 1);
                }
            }

            return code;
        }

        public int Byte()
        {
            byte value = Next;
            _at++;
            return value;
        }

        public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Bytes(4));

        public ReadOnlySpan<byte> Bytes(int count)
        {
            if ((uint)count > (uint)(_message.Length - _at))
            {
                throw Frame.Foreign();
            }

            ReadOnlySpan<byte> bytes = _message.Slice(_at, count);
            _at += count;
            return bytes;
        }

        public bool TryEnd()
        {
            bool ended = Next == MarshalCode.Null;
            _at += ended ? 1 : 0;
            return ended;
        }

        /// <summary>The place of the value that a reference names.</summary>
        public Cursor Earlier()
        {
            int number = Int32();
            if ((uint)number >= (uint)reader._referenceCount)
            {
                throw Frame.Foreign();
            }

            return new Cursor(reader, _message) { _at = reader._references[number], _again = true };
        }
    }

    private void Remember(int at)
    {
        if (_referenceCount == _references.Length)
        {
            Array.Resize(ref _references, 2 * _references.Length);
        }

        _references[_referenceCount++] = at;
    }
}
