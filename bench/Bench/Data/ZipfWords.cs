using System.Text;

namespace Katanemimena.Bench.Data;

/// <summary>200,000 distinct words of 2 to 10 letters, drawn with probability 1 / rank (alias method of Walker and Vose).</summary>
internal sealed class ZipfWords
{
    public const int Count = 200_000;

    /// <summary>A word that stands once in the vocabulary, for searching: one in about 50,000 words of the text.</summary>
    public const string Rare = "zyzzyva";

    private const int RareRank = 4_000;

    private readonly byte[][] _words;
    private readonly uint[] _limits = new uint[Count];
    private readonly int[] _aliases = new int[Count];

    public ZipfWords(ulong seed)
    {
        _words = Vocabulary(new SeededRandom(seed));
        FillAliases();
    }

    public ReadOnlySpan<byte> Draw(SeededRandom random)
    {
        var bits = random.Next();
        var column = (int)(((bits >> 32) * Count) >> 32);
        return _words[(uint)bits < _limits[column] ? column : _aliases[column]];
    }

    private static byte[][] Vocabulary(SeededRandom random)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal) { Rare };
        var words = new byte[Count][];
        var letters = new char[10];
        for (var rank = 0; rank < Count;)
        {
            var length = 2 + random.Below(5) + random.Below(5);
            for (var i = 0; i < length; i++)
            {
                letters[i] = (char)('a' + random.Below(26));
            }

            var word = rank == RareRank ? Rare : new string(letters, 0, length);
            if (rank == RareRank || seen.Add(word))
            {
                words[rank++] = Encoding.ASCII.GetBytes(word);
            }
        }

        return words;
    }

    private void FillAliases()
    {
        var total = 0.0;
        for (var rank = 1; rank <= Count; rank++)
        {
            total += 1.0 / rank;
        }

        var share = new double[Count];
        var small = new Stack<int>();
        var large = new Stack<int>();
        for (var i = 0; i < Count; i++)
        {
            share[i] = Count / ((i + 1) * total);
            (share[i] < 1 ? small : large).Push(i);
        }

        while (small.Count > 0 && large.Count > 0)
        {
            var (low, high) = (small.Pop(), large.Pop());
            _limits[low] = (uint)(share[low] * uint.MaxValue);
            _aliases[low] = high;
            share[high] -= 1 - share[low];
            (share[high] < 1 ? small : large).Push(high);
        }

        foreach (var rest in small.Concat(large))
        {
            _limits[rest] = uint.MaxValue;
            _aliases[rest] = rest;
        }
    }
}
