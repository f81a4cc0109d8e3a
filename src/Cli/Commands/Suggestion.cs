using System.CommandLine;

namespace Katanemimena.Cli.Commands;

/// <summary>What a mistyped word may have been meant to be.</summary>
internal static class Suggestion
{
    /// <summary>A piece of a sentence that names the nearest known word; empty if none is near.</summary>
    public static string For(string mistyped, IEnumerable<string> known)
    {
        (string Word, int Edits)[] near =
        [
            .. known.Select(word => (Word: word, Edits: Edits(mistyped, word))).Where(found => found.Edits <= EditsMax(mistyped.TrimStart('-').Length)).OrderBy(found => found.Edits),
        ];
        return near.Length == 0 ? "" : $"; did you mean {near[0].Word}?";
    }

    /// <summary>A word of <c>--data</c>, which takes all words that follow it, unless it looks like an option.</summary>
    /// <param name="word">The word.</param>
    /// <param name="command">The command's words without the program's name.</param>
    /// <param name="options">Its options.</param>
    /// <exception cref="CommandError">It looks like an option.</exception>
    public static string NotAnOption(string word, string command, IEnumerable<Option> options) =>
        word is ['-', _, ..]
            ? throw CommandError.Usage($"--data: {word} is no option of mrctl {command}{For(word, options.Select(option => option.Name))} (see mrctl {command} --help; a file of that name is ./{word})")
            : word;

    /// <summary>More than this in a word of so many letters is another word.</summary>
    private static int EditsMax(int letters) => letters switch { < 2 => 0, < 5 => 1, _ => 2 };

    /// <summary>Letters left out, added, changed or swapped with the next, at the least (optimal string alignment).</summary>
    private static int Edits(string from, string to)
    {
        int[,] edits = new int[from.Length + 1, to.Length + 1];
        for (int i = 0; i <= from.Length; i++)
        {
            for (int j = 0; j <= to.Length; j++)
            {
                edits[i, j] = i == 0 || j == 0 ? i + j
                    : Math.Min(Math.Min(edits[i - 1, j], edits[i, j - 1]) + 1, edits[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                {
                    edits[i, j] = Math.Min(edits[i, j], edits[i - 2, j - 2] + 1);
                }
            }
        }

        return edits[from.Length, to.Length];
    }
}
