using System.Globalization;

namespace Katanemimena.Tests.Infra.Pods;

/// <summary>Kubernetes' quantities, such as 250m, 2 and 512Mi.</summary>
internal static class Quantity
{
    private static readonly (string Suffix, double Factor)[] s_suffixes =
        [("m", 1e-3), ("Ki", 1L << 10), ("Mi", 1L << 20), ("Gi", 1L << 30), ("Ti", 1L << 40), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("", 1)];

    internal static double Of(string text)
    {
        (string suffix, double factor) = Array.Find(s_suffixes, unit => text.EndsWith(unit.Suffix, StringComparison.Ordinal));
        return double.Parse(text[..^suffix.Length], CultureInfo.InvariantCulture) * factor;
    }
}
