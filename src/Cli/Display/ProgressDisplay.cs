using System.Text;

namespace Katanemimena.Cli.Display;

/// <summary>Shows a running job on standard error: rows redrawn in place on a terminal, else a line now and then. Nothing in its first second.</summary>
internal sealed class ProgressDisplay : IDisposable
{
    private static readonly string[] LocaleVariables = ["LC_ALL", "LC_CTYPE", "LANG"];
    private static readonly TimeSpan FirstAfter = TimeSpan.FromSeconds(1);

    private readonly JobClock _clock;
    private readonly bool _live = StandardError.IsTerminal;
    private readonly Lock _gate = new();
    private readonly Timer _timer;
    private int _rowsDrawn;
    private string _lastLine = "";
    private bool _ended;

    /// <summary>Starts to show.</summary>
    public ProgressDisplay(JobClock clock)
    {
        _clock = clock;
        _timer = new Timer(_ => Show(), null, FirstAfter, _live ? TimeSpan.FromMilliseconds(100) : FirstAfter);
    }

    /// <summary>Stops, and takes the rows off the screen.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (!_ended && _rowsDrawn > 0)
            {
                StandardError.Write(ToFirstRow() + "\x1b[J");
            }

            _ended = true;
        }

        _timer.Dispose();
    }

    /// <summary>Says a line above the rows.</summary>
    public void Say(string line)
    {
        lock (_gate)
        {
            StandardError.Write($"{(!_ended && _rowsDrawn > 0 ? ToFirstRow() + "\x1b[J" : "")}{line}\n");
            _rowsDrawn = 0;
        }
    }

    private void Show()
    {
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            if (_live)
            {
                Redraw();
            }
            else if (StageLines.Line(_clock) is var line && line != _lastLine)
            {
                _lastLine = line;
                StandardError.WriteLine($"mrctl: {line}");
            }
        }
    }

    private void Redraw()
    {
        List<string> rows = StageLines.Rows(_clock, Math.Max(20, Console.WindowWidth - 1), Unicode());
        var text = new StringBuilder();
        if (_rowsDrawn > 0)
        {
            text.Append(ToFirstRow());
        }

        foreach (string row in rows)
        {
            text.Append("\x1b[2K").Append(row).Append('\n');
        }

        _rowsDrawn = rows.Count;
        StandardError.Write(text.ToString());
    }

    /// <summary>The cursor is not always at the start of its line: the terminal echoes keys there, and <c>^C</c>.</summary>
    private string ToFirstRow() => $"\r\x1b[{_rowsDrawn}A";

    private static bool Unicode()
    {
        string? locale = LocaleVariables.Select(Environment.GetEnvironmentVariable).FirstOrDefault(value => !string.IsNullOrEmpty(value));
        return locale is not null && (locale.Contains("UTF-8", StringComparison.OrdinalIgnoreCase) || locale.Contains("utf8", StringComparison.OrdinalIgnoreCase));
    }
}
