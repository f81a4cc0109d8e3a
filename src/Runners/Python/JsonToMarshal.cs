using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Katanemimena.Runners;

/// <summary>Turns one JSON value into marshal's format, so that Python gets what <c>json.loads</c> would give it.</summary>
/// <remarks>Bytes in strings that are not UTF-8 go through as Python's <c>surrogateescape</c> has them. Numbers without fraction and exponent are
/// ints of any size, others floats. Source: RFC 8259.</remarks>
internal ref struct JsonToMarshal
{
    private const int DepthMax = 1900;   // Python reads at most 2,000 levels
    private static readonly SearchValues<byte> NumberBytes = SearchValues.Create("+-.0123456789eE"u8);
    private readonly ReadOnlySpan<byte> _json;
    private readonly ByteBuffer _target;
    private int _at;

    private JsonToMarshal(ReadOnlySpan<byte> json, ByteBuffer target)
    {
        _json = json;
        _target = target;
    }

    /// <summary>Appends a value.</summary>
    /// <exception cref="InvalidPair">The bytes are not one JSON value.</exception>
    public static void Append(ByteBuffer target, ReadOnlySpan<byte> json)
    {
        if (json.Length is > 0 and < 10 && json[0] != (byte)'-' && TryDigits(json, out int small))
        {
            MarshalText.AppendCounted(target, MarshalCode.Int, small);
            return;
        }

        JsonToMarshal reader = new(json, target);
        reader.Value(0);
        reader.Blanks();
        if (reader._at != json.Length)
        {
            throw reader.Bad();
        }
    }

    private static bool TryDigits(ReadOnlySpan<byte> text, out int number)
    {
        number = 0;
        foreach (byte c in text)
        {
            int digit = c - '0';
            if ((uint)digit > 9)
            {
                return false;
            }

            number = (10 * number) + digit;
        }

        return true;
    }

    private void Value(int depth)
    {
        if (depth > DepthMax)
        {
            throw new InvalidPair("a JSON value is nested too deeply for Python");
        }

        Blanks();
        switch (Peek())
        {
            case (byte)'"':
                Text();
                break;
            case (byte)'[':
                Items(depth);
                break;
            case (byte)'{':
                Members(depth);
                break;
            case (byte)'t':
                Word("true"u8, MarshalCode.True);
                break;
            case (byte)'f':
                Word("false"u8, MarshalCode.False);
                break;
            case (byte)'n':
                Word("null"u8, MarshalCode.None);
                break;
            default:
                Number();
                break;
        }
    }

    private void Items(int depth)
    {
        int start = _target.Length;
        int count = 0;
        MarshalText.AppendCounted(_target, MarshalCode.List, 0);
        _at++;
        Blanks();
        if (!TryPass((byte)']'))
        {
            do
            {
                Value(depth + 1);
                count++;
                Blanks();
            }
            while (TryPass((byte)','));
            Pass((byte)']');
        }

        MarshalText.SetCount(_target, start, count);
    }

    private void Members(int depth)
    {
        _target.Append(MarshalCode.Dict);
        _at++;
        Blanks();
        if (!TryPass((byte)'}'))
        {
            do
            {
                Blanks();
                Text();
                Blanks();
                Pass((byte)':');
                Value(depth + 1);
                Blanks();
            }
            while (TryPass((byte)','));
            Pass((byte)'}');
        }

        _target.Append(MarshalCode.Null);
    }

    private void Text()
    {
        Pass((byte)'"');
        int end = _json[_at..].IndexOfAny((byte)'"', (byte)'\\');
        if (end >= 0 && _json[_at + end] == (byte)'"')
        {
            MarshalText.AppendString(_target, _json.Slice(_at, end));
            _at += end + 1;
            return;
        }

        int start = MarshalText.BeginUnicode(_target);
        for (; end >= 0; end = _json[_at..].IndexOfAny((byte)'"', (byte)'\\'))
        {
            Surrogates.Append(_target, _json.Slice(_at, end));
            _at += end + 1;
            if (_json[_at - 1] == (byte)'"')
            {
                MarshalText.EndUnicode(_target, start);
                return;
            }

            Escape();
        }

        throw Bad();
    }

    private void Escape()
    {
        byte letter = Peek();
        _at++;
        switch (letter)
        {
            case (byte)'"' or (byte)'\\' or (byte)'/':
                _target.Append(letter);
                break;
            case (byte)'b':
                _target.Append((byte)'\b');
                break;
            case (byte)'f':
                _target.Append((byte)'\f');
                break;
            case (byte)'n':
                _target.Append((byte)'\n');
                break;
            case (byte)'r':
                _target.Append((byte)'\r');
                break;
            case (byte)'t':
                _target.Append((byte)'\t');
                break;
            case (byte)'u':
                CodePoint();
                break;
            default:
                throw Bad();
        }
    }

    // Four digits after \u; with a second half after it a pair of surrogates is one character, a half alone stays.
    private void CodePoint()
    {
        int code = Hex4(_at);
        _at += 4;
        if (char.IsHighSurrogate((char)code) && _json[_at..].StartsWith("\\u"u8) && Hex4(_at + 2) is var low && char.IsLowSurrogate((char)low))
        {
            code = char.ConvertToUtf32((char)code, (char)low);
            _at += 6;
        }

        if (code is >= 0xD800 and <= 0xDFFF)
        {
            _target.Append((byte)0xED);
            _target.Append((byte)(0x80 | ((code >> 6) & 0x3F)));
            _target.Append((byte)(0x80 | (code & 0x3F)));
            return;
        }

        Span<byte> utf8 = stackalloc byte[4];
        _target.Append(utf8[..new Rune(code).EncodeToUtf8(utf8)]);
    }

    private readonly int Hex4(int at) =>
        at + 4 <= _json.Length && Utf8Parser.TryParse(_json.Slice(at, 4), out ushort code, out int used, 'x') && used == 4 ? code : throw Bad();

    private void Number()
    {
        int length = _json[_at..].IndexOfAnyExcept(NumberBytes);
        ReadOnlySpan<byte> text = length < 0 ? _json[_at..] : _json.Slice(_at, length);
        bool isFloat = text.IndexOfAny((byte)'.', (byte)'e', (byte)'E') >= 0;
        if (text.IsEmpty || text[0] == (byte)'+' || !(isFloat ? TryFloat(text) : TryInt(text)))
        {
            throw Bad();
        }

        _at += text.Length;
    }

    private readonly bool TryInt(ReadOnlySpan<byte> text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            MarshalText.AppendInt(_target, number);
            return true;
        }

        if (!BigInteger.TryParse(Encoding.ASCII.GetString(text), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger large))
        {
            return false;
        }

        MarshalLong.Append(_target, large);
        return true;
    }

    private readonly bool TryFloat(ReadOnlySpan<byte> text)
    {
        const NumberStyles styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (!double.TryParse(text, styles, CultureInfo.InvariantCulture, out double number))
        {
            return false;
        }

        Span<byte> room = _target.Room(9);
        room[0] = MarshalCode.Float;
        BinaryPrimitives.WriteDoubleLittleEndian(room[1..], number);
        _target.Advance(9);
        return true;
    }

    private void Word(ReadOnlySpan<byte> word, byte code)
    {
        if (!_json[_at..].StartsWith(word))
        {
            throw Bad();
        }

        _at += word.Length;
        _target.Append(code);
    }

    private void Blanks()
    {
        while (_at < _json.Length && _json[_at] is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r')
        {
            _at++;
        }
    }

    private readonly byte Peek() => _at < _json.Length ? _json[_at] : throw Bad();

    private bool TryPass(byte expected)
    {
        bool there = _at < _json.Length && _json[_at] == expected;
        _at += there ? 1 : 0;
        return there;
    }

    private void Pass(byte expected)
    {
        if (!TryPass(expected))
        {
            throw Bad();
        }
    }

    private readonly InvalidPair Bad() => new(string.Create(
        CultureInfo.InvariantCulture,
        $"a value is not JSON, at its byte {_at}: {Encoding.UTF8.GetString(_json[..Math.Min(_json.Length, 100)])}"));
}
