using System.Text;

namespace Katanemimena.Runners;

/// <summary>The text of a Python file without what could be taken for code and is none.</summary>
/// <remarks>Source: The Python Language Reference, 2. Lexical analysis. Strings in all their forms end where their quotes do, raw ones too: a backslash
/// keeps the character after it from ending them. What stands in the braces of an f-string counts as part of the string.</remarks>
internal static class PythonStatements
{
    /// <summary>Comments are left out, strings are empty (but for <c>"/dev/stdin"</c>), and a statement is one line however many it was written on.</summary>
    public static string Of(ReadOnlySpan<byte> source)
    {
        string text = Encoding.UTF8.GetString(source).TrimStart('\uFEFF').ReplaceLineEndings("\n");
        StringBuilder statements = new(text.Length);
        int depth = 0;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            switch (c)
            {
                case '#':
                    i = Until(text, i, '\n') - 1;
                    break;
                case '"' or '\'':
                    i = String(text, i, statements);
                    break;
                case '\\' when i + 1 < text.Length && text[i + 1] == '\n':
                    statements.Append(' ');
                    i++;
                    break;
                case '\n' when depth > 0:
                    statements.Append(' ');
                    break;
                default:
                    depth = Math.Max(0, depth + (c is '(' or '[' or '{' ? 1 : c is ')' or ']' or '}' ? -1 : 0));
                    statements.Append(c);
                    break;
            }
        }

        return statements.ToString();
    }

    // Returns where the string's last quote is, or the end of what an unclosed one takes.
    private static int String(string text, int start, StringBuilder statements)
    {
        char quote = text[start];
        bool isLong = start + 2 < text.Length && text[start + 1] == quote && text[start + 2] == quote;
        int content = start + (isLong ? 3 : 1);
        int end = content;
        while (end < text.Length && !(text[end] == quote && (!isLong || text.AsSpan(end).StartsWith([quote, quote, quote]))) && (isLong || text[end] != '\n'))
        {
            end += text[end] == '\\' ? 2 : 1;
        }

        end = Math.Min(end, text.Length);
        statements.Append('"').Append(text.AsSpan(content, end - content) is "/dev/stdin" ? "/dev/stdin" : "").Append('"');
        return end < text.Length && text[end] == '\n' ? end - 1 : end + (isLong ? 2 : 0);
    }

    private static int Until(string text, int start, char end) => text.IndexOf(end, start) is var at and >= 0 ? at : text.Length;
}
