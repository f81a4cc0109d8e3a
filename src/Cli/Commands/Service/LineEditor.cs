using System.Globalization;
using System.Text;
using Katanemimena.Cli.Display;

namespace Katanemimena.Cli.Commands.Service;

/// <summary>One line from a terminal, with the lines before it at hand: up and down. Left, right, Home, End, Backspace, Delete, Ctrl-U do as elsewhere.</summary>
/// <param name="prompt">Before the line.</param>
/// <param name="history">Lines before it, the oldest first.</param>
internal sealed class LineEditor(string prompt, IReadOnlyList<string> history)
{
    private const int CharactersMax = 4096;

    private readonly StringBuilder _line = new();
    private int _at, _entry = history.Count;
    private string _unfinished = "";

    /// <summary>Reads it.</summary>
    /// <returns>The line; null at the end (Ctrl-D on an empty line, or Ctrl-C).</returns>
    public string? Read()
    {
        bool before = Console.TreatControlCAsInput;
        Console.TreatControlCAsInput = true;
        try
        {
            Draw();
            while (true)
            {
                ConsoleKeyInfo key = Console.ReadKey(intercept: true);
                bool control = key.Modifiers.HasFlag(ConsoleModifiers.Control);
                if (key.Key == ConsoleKey.Enter || (control && key.Key is ConsoleKey.C or ConsoleKey.D && (key.Key == ConsoleKey.C || _line.Length == 0)))
                {
                    StandardError.Write("\n");
                    return key.Key == ConsoleKey.Enter ? _line.ToString() : null;
                }

                Take(key, control);
                Draw();
            }
        }
        finally
        {
            Console.TreatControlCAsInput = before;
        }
    }

    private void Take(ConsoleKeyInfo key, bool control)
    {
        switch (key.Key)
        {
            case ConsoleKey.LeftArrow:
                _at = Math.Max(0, _at - 1);
                break;
            case ConsoleKey.RightArrow:
                _at = Math.Min(_line.Length, _at + 1);
                break;
            case ConsoleKey.Home:
            case ConsoleKey.A when control:
                _at = 0;
                break;
            case ConsoleKey.End:
            case ConsoleKey.E when control:
                _at = _line.Length;
                break;
            case ConsoleKey.UpArrow when _entry > 0:
                Recall(_entry - 1);
                break;
            case ConsoleKey.DownArrow when _entry < history.Count:
                Recall(_entry + 1);
                break;
            case ConsoleKey.Backspace when _at > 0:
                _line.Remove(--_at, 1);
                break;
            case ConsoleKey.Delete when _at < _line.Length:
                _line.Remove(_at, 1);
                break;
            case ConsoleKey.U when control:
                _line.Remove(0, _at);
                _at = 0;
                break;
            default:
                if (!char.IsControl(key.KeyChar) && _line.Length < CharactersMax)
                {
                    _line.Insert(_at++, key.KeyChar);
                }

                break;
        }
    }

    private void Recall(int entry)
    {
        _unfinished = _entry == history.Count ? _line.ToString() : _unfinished;
        _entry = entry;
        _line.Clear().Append(entry == history.Count ? _unfinished : history[entry]);
        _at = _line.Length;
    }

    private void Draw()
    {
        string back = _at == _line.Length ? "" : string.Create(CultureInfo.InvariantCulture, $"\x1b[{_line.Length - _at}D");
        StandardError.Write($"\r\x1b[K{prompt}{Printable.Text(_line.ToString())}{back}");
    }
}
