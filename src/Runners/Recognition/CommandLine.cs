using System.Text;

namespace Katanemimena.Runners;

/// <summary>Command lines as a user types them for a streaming program.</summary>
internal static class CommandLine
{
    /// <summary>Splits by the quoting rules of the POSIX shell: blanks separate, <c>'…'</c> is verbatim, in <c>"…"</c> a backslash escapes <c>$ ` " \</c>, elsewhere any character.</summary>
    /// <returns>The words, or null when a quote is not closed. Nothing is expanded: no variables, globs, pipes or redirections.</returns>
    /// <remarks>Source: POSIX.1-2017, Shell Command Language, 2.2 Quoting.</remarks>
    public static List<string>? Split(string text)
    {
        List<string> words = [];
        StringBuilder word = new();
        bool inWord = false;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c is ' ' or '\t' or '\n')
            {
                Take(words, word, ref inWord);
                continue;
            }

            inWord = true;
            bool closed = c switch
            {
                '\'' => Verbatim(text, ref i, word),
                '"' => Quoted(text, ref i, word),
                '\\' => Escaped(text, ref i, word),
                _ => Plain(c, word),
            };
            if (!closed)
            {
                return null;
            }
        }

        Take(words, word, ref inWord);
        return words;
    }

    /// <summary>Looks a command up on PATH, as a shell does.</summary>
    /// <returns>Full path of the first executable file of that name, or null.</returns>
    public static string? FindOnPath(string name) =>
        name.Contains('/') ? null : PathFolders().Select(folder => Path.GetFullPath(Path.Combine(folder, name))).FirstOrDefault(IsExecutable);

    /// <summary>Whether a file is an executable in a folder of PATH, and so part of the machine rather than of a job.</summary>
    public static bool IsOnPath(string path) => PathFolders().Contains(Path.GetDirectoryName(path)) && IsExecutable(path);

    /// <summary>Whether a file exists and somebody may execute it.</summary>
    public static bool IsExecutable(string path) =>
        File.Exists(path) && !OperatingSystem.IsWindows()
        && (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0;

    private static string[] PathFolders() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin").Split(':', StringSplitOptions.RemoveEmptyEntries);

    private static void Take(List<string> words, StringBuilder word, ref bool inWord)
    {
        if (inWord)
        {
            words.Add(word.ToString());
            word.Clear();
            inWord = false;
        }
    }

    private static bool Plain(char c, StringBuilder word)
    {
        word.Append(c);
        return true;
    }

    private static bool Verbatim(string text, ref int i, StringBuilder word)
    {
        int end = text.IndexOf('\'', i + 1);
        if (end < 0)
        {
            return false;
        }

        word.Append(text, i + 1, end - i - 1);
        i = end;
        return true;
    }

    private static bool Quoted(string text, ref int i, StringBuilder word)
    {
        for (i++; i < text.Length && text[i] != '"'; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length && text[i + 1] is ('$' or '`' or '"' or '\\'))
            {
                i++;
            }

            word.Append(text[i]);
        }

        return i < text.Length;
    }

    private static bool Escaped(string text, ref int i, StringBuilder word)
    {
        if (++i >= text.Length)
        {
            return false;
        }

        word.Append(text[i]);
        return true;
    }
}
