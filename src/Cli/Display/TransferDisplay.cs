using System.Diagnostics;
using System.Globalization;
using Katanemimena.Client;
using Katanemimena.Core;

namespace Katanemimena.Cli.Display;

/// <summary>How far a transfer is, on standard error: a row redrawn on a terminal, else a line now and then. Nothing in its first second.</summary>
/// <param name="what">What is done to which file.</param>
internal sealed class TransferDisplay(string what) : IDisposable
{
    private static readonly TimeSpan FirstAfter = TimeSpan.FromSeconds(1), Line = TimeSpan.FromSeconds(10), Redraw = TimeSpan.FromMilliseconds(100);

    private readonly bool _live = StandardError.IsTerminal;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private TimeSpan _next = FirstAfter;
    private long _first = -1;
    private bool _drawn;

    /// <summary>Takes note of how far it is.</summary>
    public void Show(TransferProgress progress)
    {
        _first = _first < 0 ? progress.Bytes : _first;
        if (_watch.Elapsed < _next)
        {
            return;
        }

        _next = _watch.Elapsed + (_live ? Redraw : Line);
        string text = Text(progress);
        if (_live)
        {
            _drawn = true;
            int width = Math.Max(20, Console.WindowWidth - 1);
            StandardError.Write($"\r\x1b[2K{(text.Length > width ? text[..width] : text)}");
        }
        else
        {
            StandardError.WriteLine($"mrctl: {text}");
        }
    }

    /// <summary>Takes the row off the screen.</summary>
    public void Dispose()
    {
        if (_drawn)
        {
            StandardError.Write("\r\x1b[2K");
        }
    }

    private string Text(TransferProgress progress)
    {
        double perSecond = (progress.Bytes - _first) / _watch.Elapsed.TotalSeconds;
        string text = $"{what} {Size.Text(progress.Bytes)}";
        if (progress.Total is { } total and > 0)
        {
            text += string.Create(CultureInfo.InvariantCulture, $" of {Size.Text(total)} {100 * progress.Bytes / total} %");
            text += perSecond > 0 ? $", {Duration.Text(TimeSpan.FromSeconds((total - progress.Bytes) / perSecond))} left" : "";
        }

        return $"{text} {Size.Text(perSecond)}/s";
    }
}
