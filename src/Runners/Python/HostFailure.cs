using System.Globalization;
using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>What the host said of a failure.</summary>
/// <param name="What"><c>raise</c>, <c>memory</c>, <c>exit</c>, <c>contract</c>, <c>timeout</c> or <c>old</c>.</param>
/// <param name="ExitCode">The code given to <c>sys.exit</c>.</param>
/// <param name="Text">One line.</param>
/// <param name="Traceback">With the user's frames only; empty if there is none.</param>
/// <param name="Key">The key in hand, or null.</param>
internal sealed record HostFailure(string What, int ExitCode, string Text, string Traceback, byte[]? Key)
{
    /// <summary>Reads a frame's body: fields parted by NUL, the key last, after a byte 1.</summary>
    /// <exception cref="ProgramFailure">It is none that the host writes.</exception>
    public static HostFailure Read(ReadOnlySpan<byte> body)
    {
        string what = Field(ref body);
        int exitCode = int.TryParse(Field(ref body), CultureInfo.InvariantCulture, out int code) ? code : throw Frame.Foreign();
        string text = Field(ref body);
        string traceback = Field(ref body);
        return new HostFailure(what, exitCode, text, traceback, body.IsEmpty ? null : body[1..].ToArray());
    }

    /// <summary>Fills a card that has only its names yet.</summary>
    public FailureCard Fill(FailureCard card, string program, TimeSpan timeout, PythonOptions options) => card with
    {
        Error = What switch
        {
            "raise" => $"{program} raised {Text}",
            "memory" => string.Create(CultureInfo.InvariantCulture, $"{program} ran out of memory: {Text}; its process may use {options.MemoryBytesMax >> 20} MiB"),
            "exit" => $"{program} called {Text}; it has to return instead",
            "contract" => $"{program} broke its contract: {Text}",
            "timeout" => string.Create(CultureInfo.InvariantCulture, $"{program} took no record and emitted none for {timeout.TotalSeconds:0.###} s and was ended; raise the task timeout if it needs longer"),
            _ => $"{program} failed: {Text}",
        },
        Traceback = Traceback.Length > 0 ? Traceback : null,
        ExitCode = What == "exit" ? ExitCode : null,
    };

    private static string Field(ref ReadOnlySpan<byte> body)
    {
        int end = body.IndexOf((byte)0);
        if (end < 0)
        {
            throw Frame.Foreign();
        }

        string text = Encoding.UTF8.GetString(body[..end]);
        body = body[(end + 1)..];
        return text;
    }
}
