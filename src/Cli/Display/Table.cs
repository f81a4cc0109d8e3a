using System.Text;

namespace Katanemimena.Cli.Display;

/// <summary>Rows of text in columns that line up, two blanks between them. Control characters in cells are shown, not obeyed.</summary>
/// <param name="headers">One a column, in upper case.</param>
internal sealed class Table(params string[] headers)
{
    private readonly List<string[]> _rows = [headers];

    /// <summary>Adds a row.</summary>
    public void Add(params string[] cells) => _rows.Add([.. cells.Select(cell => Printable.Text(cell))]);

    /// <summary>All rows, each ended.</summary>
    /// <param name="colour">Colours a cell of the rows below the headers, by column and text; null for none.</param>
    public string Text(Func<int, string, Colour>? colour = null)
    {
        int[] widths = [.. Enumerable.Range(0, headers.Length).Select(column => _rows.Max(row => Width(row[column])))];
        var text = new StringBuilder();
        for (int index = 0; index < _rows.Count; index++)
        {
            string[] row = _rows[index];
            int last = Array.FindLastIndex(row, cell => cell.Length > 0);
            for (int column = 0; column <= last; column++)
            {
                Colour shown = index == 0 || colour is null ? Colour.None : colour(column, row[column]);
                text.Append(Colours.Paint(row[column], shown)).Append(' ', column == last ? 0 : widths[column] - Width(row[column]) + 2);
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static int Width(string cell) => cell.EnumerateRunes().Count();
}
