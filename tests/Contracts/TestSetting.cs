using System.Globalization;

namespace Katanemimena.Tests.Contracts;

/// <summary>What the environment says about how much is tested.</summary>
public static class TestSetting
{
    /// <summary>A whole number, 0 or more.</summary>
    /// <param name="variable">Of the environment.</param>
    /// <param name="otherwise">Where it is not set, or is no number.</param>
    public static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : otherwise;
}
