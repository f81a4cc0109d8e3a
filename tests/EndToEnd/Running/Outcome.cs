using System.Text;

namespace Katanemimena.Tests.EndToEnd.Running;

/// <summary>How a run of mrctl ended.</summary>
/// <param name="ExitCode">128 + n for a signal.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error, as text.</param>
public sealed record Outcome(int ExitCode, byte[] Output, string Error)
{
    /// <summary>Standard output as text.</summary>
    public string Text => Encoding.UTF8.GetString(Output);

    /// <summary>Fails with everything that is known unless the exit code is the one expected.</summary>
    public Outcome Expect(int exitCode)
    {
        Assert.True(exitCode == ExitCode, $"expected exit code {exitCode}, got {ExitCode}; standard error:\n{Error}");
        return this;
    }

    /// <summary>Expects an exit code and an error line that holds these texts.</summary>
    public Outcome ExpectError(int exitCode, params string[] parts)
    {
        Expect(exitCode);
        Assert.Contains("mrctl: error: ", Error, StringComparison.Ordinal);
        foreach (string part in parts)
        {
            Assert.Contains(part, Error, StringComparison.OrdinalIgnoreCase);
        }

        Assert.DoesNotContain("   at Katanemimena.", Error, StringComparison.Ordinal);
        return this;
    }
}
