using System.Globalization;
using System.Text;

namespace Katanemimena.Tests.EndToEnd.Matrix;

/// <summary>Larger inputs for the samples, about 96 KiB each, the same in every run: blank lines, blanks in a row, CRLF, UTF-8, no last newline.</summary>
internal static class GeneratedInput
{
    private const int Bytes = 96 * 1024;

    private static readonly string[] Letters = ["α", "β", "é", "e\u0301", "ß", "语", "🚢", "a", "b", "c", "d", "e", "n", "o", "s", "t"];

    /// <summary>The content of a sample's input file.</summary>
    /// <param name="sample">Name of the sample.</param>
    /// <param name="file">Its input file; samples with several get one content for each.</param>
    public static byte[] For(string sample, string file)
    {
        var random = new Random(sample.Sum(letter => letter) + (1000 * file.Sum(letter => letter)));
        Func<Random, int, string> line = (sample, Path.GetFileNameWithoutExtension(file)) switch
        {
            ("word-count", _) => (next, _) => Words(next, next.Next(1, 15)),
            ("inverted-index", _) => (next, number) => $"d{number % 400:D3}\t{Words(next, next.Next(1, 12))} \"q{next.Next(9)}\" b\\{next.Next(9)}",
            ("average-by-key", _) => (next, _) => $"{Word(next)} {next.Next(-400, 500) / 10}.{next.Next(10)}",
            ("distinct-users-per-day", _) => (next, _) => $"2026-03-{next.Next(1, 29):D2}T08:15:{next.Next(60):D2}Z {Word(next)} /{Word(next)}",
            ("join", "customers") => (_, number) => $"{number % 1200}\tName  {number}",
            ("join", "orders") => (next, number) => $"o-{number}\t{next.Next(1500)}\t{next.Next(100)}",
            ("total-sort", _) => (next, number) => $"{Word(next)}{new string(' ', next.Next(2))}\t{number}\tw\\ {Word(next)}",
            ("grep", _) => (next, _) => Words(next, 6) + (next.Next(20) == 0 ? " error\tend" : ""),
            _ => throw new ArgumentException($"no generated input for sample {sample}: add one here"),
        };
        return Lines(random, line, invalidBytes: sample == "total-sort");
    }

    private static byte[] Lines(Random random, Func<Random, int, string> line, bool invalidBytes)
    {
        using var content = new MemoryStream();
        for (int number = 0; content.Length < Bytes; number++)
        {
            content.Write(Encoding.UTF8.GetBytes(line(random, number)));
            if (invalidBytes && random.Next(10) == 0)
            {
                content.Write([0xff, 0xc3]);
            }

            content.Write(random.Next(30) switch { 0 => "\r\n"u8, 1 => "\n\n"u8, _ => "\n"u8 });
        }

        content.Write(Encoding.UTF8.GetBytes(line(random, 0)));
        return content.ToArray();
    }

    private static string Words(Random random, int count)
    {
        var words = new StringBuilder();
        for (int i = 0; i < count; i++)
        {
            words.Append(Word(random)).Append(random.Next(25) == 0 ? "  " : " ");
        }

        return words.ToString(0, words.Length - random.Next(2));
    }

    /// <summary>One of a few hundred words, the short ones often.</summary>
    private static string Word(Random random)
    {
        int number = (int)Math.Pow(400, random.NextDouble());
        var word = new StringBuilder(Letters[number % Letters.Length]);
        for (int rest = number; rest > 0; rest /= Letters.Length)
        {
            word.Append(Letters[rest % Letters.Length]);
        }

        return word.Append(number.ToString(CultureInfo.InvariantCulture)).ToString();
    }
}
