using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>Checks the names that members of a cluster are given.</summary>
internal static class NodeNames
{
    /// <exception cref="ArgumentException">One is none.</exception>
    public static void Require(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (!JobId.IsManagerName(name))
            {
                throw new ArgumentException($"'{name}' is no name of a member: it has 1 to 63 letters, digits, '.', '_' and '-', and begins with a letter or digit", nameof(names));
            }
        }
    }
}
