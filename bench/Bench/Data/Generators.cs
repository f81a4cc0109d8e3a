namespace Katanemimena.Bench.Data;

/// <summary>The inputs of the workloads. The same size gives the same bytes, always.</summary>
internal static class Generators
{
    private const ulong VocabularySeed = 200_000;

    /// <summary>W1 and W5: lines of 10 to 15 words, Zipf-distributed over 200,000.</summary>
    public static void Text(LineWriter output, long bytes)
    {
        var words = new ZipfWords(VocabularySeed);
        var random = new SeededRandom(1);
        while (output.Wants)
        {
            AddWords(output, words, random, 10 + random.Below(6));
        }
    }

    /// <summary>W2: <c>user TAB number</c>, 10 million distinct users at 256 MiB, each about twice, in no order.</summary>
    public static void UserNumbers(LineWriter output, long bytes)
    {
        var users = (int)Math.Max(1, bytes * 10_000_000 / (256L << 20));
        var random = new SeededRandom(2);
        var step = CoprimeStep(users);
        long each = 0;
        for (long line = 0; output.Wants; line++)
        {
            // 13 of 25 lines go round all users, the others draw one: so each user comes at least once.
            var user = line % 25 < 13 ? (int)(each++ * step % users) : random.Below(users);
            output.Add((byte)'u');
            output.Add(user, 7);
            output.Add((byte)'\t');
            output.Add(random.Below(1000));
            output.Add((byte)'\n');
        }
    }

    /// <summary>W3: <c>doc TAB words</c>, 20 to 60 words a document.</summary>
    public static void Documents(LineWriter output, long bytes)
    {
        var words = new ZipfWords(VocabularySeed);
        var random = new SeededRandom(3);
        for (var document = 0; output.Wants; document++)
        {
            output.Add((byte)'d');
            output.Add(document, 7);
            output.Add((byte)'\t');
            AddWords(output, words, random, 20 + random.Below(41));
        }
    }

    /// <summary>W4: records of 100 bytes: a key of 10 random characters, TAB, the record's number, filling, LF.</summary>
    public static void SortRecords(LineWriter output, long bytes)
    {
        var random = new SeededRandom(4);
        Span<byte> key = stackalloc byte[10];
        Span<byte> filling = stackalloc byte[76];
        for (var record = 0; output.Wants; record++)
        {
            var bits = random.Next();
            for (var i = 0; i < key.Length; i++)
            {
                key[i] = Alphabet[(int)(bits >> (6 * i)) & 63];
            }

            filling.Fill((byte)('A' + (record % 26)));
            output.Add(key);
            output.Add((byte)'\t');
            output.Add(record, 12);
            output.Add(filling);
            output.Add((byte)'\n');
        }
    }

    private static ReadOnlySpan<byte> Alphabet => "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"u8;

    private static void AddWords(LineWriter output, ZipfWords words, SeededRandom random, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (i > 0)
            {
                output.Add((byte)' ');
            }

            output.Add(words.Draw(random));
        }

        output.Add((byte)'\n');
    }

    /// <summary>A step that visits every number below <paramref name="count"/> once before it comes round.</summary>
    private static long CoprimeStep(int count)
    {
        long step = (long)(count * 0.6180339887) | 1;
        while (Gcd(step, count) != 1)
        {
            step += 2;
        }

        return step;
    }

    private static long Gcd(long a, long b) => b == 0 ? a : Gcd(b, a % b);
}
