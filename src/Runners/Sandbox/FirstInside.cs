using System.Globalization;

namespace Katanemimena.Runners;

/// <summary>The first process in the namespaces that a bubblewrap made: its child. With it the kernel ends all others there.</summary>
internal static class FirstInside
{
    /// <summary>Kills it.</summary>
    /// <param name="bubblewrap">Process id of a bubblewrap that has not been reaped.</param>
    /// <returns>False if there is none (yet, or any more).</returns>
    public static bool Kill(int bubblewrap)
    {
        if (Of(bubblewrap) is not { } first || (int)Libc.SystemCall(Libc.OpenProcessDescriptor, first, 0) is not (>= 0 and var descriptor))
        {
            return false;
        }

        try
        {
            // Asked again with the process held by its descriptor, so that it is not another that has the id by now.
            return Of(bubblewrap) == first && Libc.SystemCall(Libc.SignalProcessDescriptor, descriptor, Libc.SignalKill, 0, 0) == 0;
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }
    }

    private static int? Of(int bubblewrap)
    {
        try
        {
            string children = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{bubblewrap}/task/{bubblewrap}/children"));
            return int.TryParse(children.Split(' ')[0], CultureInfo.InvariantCulture, out int first) ? first : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
