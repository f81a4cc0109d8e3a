using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Katanemimena.Core;

/// <summary>Checks that stay on in every build. A broken one fails the attempt rather than letting a wrong byte out.</summary>
public static class Invariant
{
    /// <summary>Throws unless <paramref name="condition"/> is true.</summary>
    /// <param name="condition">What must be true here.</param>
    /// <param name="what">Filled in by the compiler with the condition's text, or say it in words.</param>
    /// <exception cref="InvariantBroken">It is false.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Holds([DoesNotReturnIf(false)] bool condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        if (!condition)
        {
            Throw(what);
        }
    }

    [DoesNotReturn]
    private static void Throw(string what) => throw new InvariantBroken($"invariant broken: {what}");
}
