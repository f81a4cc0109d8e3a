using Katanemimena.Core;

namespace Katanemimena.Cli.Display;

/// <summary>Says on standard error what goes wrong and is tried again: each message when it first comes, and now and then as long as it comes. Safe for several threads.</summary>
/// <param name="quiet">Says only what has been going on for <see cref="Long"/>.</param>
/// <param name="time">Clock.</param>
internal sealed class Warnings(bool quiet, TimeProvider time)
{
    /// <summary>Time between two lines of the same message, and what is long.</summary>
    public static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    /// <summary>Time between two lines of whatever message.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(3);

    private const int MessagesMax = 100;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Heard> _heard = new(StringComparer.Ordinal);
    private DateTimeOffset _said = DateTimeOffset.MinValue;
    private Action<string> _say = StandardError.WriteLine;
    private bool _ended;

    /// <summary>Takes a fault that is tried again.</summary>
    /// <param name="where">The loop that met it.</param>
    /// <param name="fault">The fault.</param>
    public void Take(string where, Exception fault)
    {
        string message = fault is TransientFault or PermanentFault or CorruptDataFault ? fault.Message : $"{fault.GetType().Name}: {fault.Message}";
        lock (_gate)
        {
            if (!_ended && IsDue(message, time.GetUtcNow()))
            {
                _say($"mrctl: warning: {Printable.Text(message)} ({where}); it is tried again");
            }
        }
    }

    /// <summary>Lets a display say the lines, which has the terminal until the result is disposed of.</summary>
    public IDisposable Through(ProgressDisplay? display)
    {
        Set(display is null ? StandardError.WriteLine : display.Say);
        return new Back(this);
    }

    /// <summary>Says nothing more: what stops meets faults of its own.</summary>
    public void End()
    {
        lock (_gate)
        {
            _ended = true;
        }
    }

    private void Set(Action<string> say)
    {
        lock (_gate)
        {
            _say = say;
        }
    }

    private bool IsDue(string message, DateTimeOffset now)
    {
        if (_heard.Count >= MessagesMax)
        {
            _heard.Clear();
        }

        if (!_heard.TryGetValue(message, out Heard? heard))
        {
            _heard[message] = heard = new Heard(now);
        }

        bool due = heard.Said is { } said ? now - said >= Long : !quiet || now - heard.First >= Long;
        if (!due || now - _said < Pause)
        {
            return false;
        }

        heard.Said = _said = now;
        return true;
    }

    private sealed class Heard(DateTimeOffset first)
    {
        public DateTimeOffset First => first;

        public DateTimeOffset? Said { get; set; }
    }

    private sealed class Back(Warnings warnings) : IDisposable
    {
        public void Dispose() => warnings.Set(StandardError.WriteLine);
    }
}
