using System.Diagnostics;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Finds out whether bubblewrap can start here, by starting it as for a program.</summary>
internal static class SandboxProbe
{
    private const string Nothing = "/bin/true";
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    /// <summary>Runs <c>true</c> in namespaces.</summary>
    /// <returns>Null if that works, else why it does not, to follow "bubblewrap".</returns>
    public static string? Try(UserCodeHostOptions options, Namespaces namespaces)
    {
        string folder = WorkFolders.Create(options.WorkFolder);
        try
        {
            var launch = new Launch(Nothing, [], folder, Launch.CleanEnvironment(folder, []), options.ProcessMemoryBytesMax, options.ProcessFileBytesMax);
            using ChildProcess child = new Confinement(options, namespaces).Start(launch);
            return Ending(child);
        }
        catch (TransientFault fault)
        {
            return fault.Message;
        }
        finally
        {
            WorkFolders.Remove(folder);
        }
    }

    private static string? Ending(ChildProcess child)
    {
        StandardErrorTail errors = new();
        byte[] buffer = new byte[4096];
        long start = Stopwatch.GetTimestamp();
        int status;
        while (!child.HasExited(out status))
        {
            if (Stopwatch.GetElapsedTime(start) > s_limit)
            {
                return $"did not end within {s_limit.TotalSeconds:0} s";
            }

            child.WaitForError(milliseconds: 10);
            errors.Take(buffer.AsSpan(0, Math.Max(0, child.Read(child.Error, buffer))));
        }

        while (child.Read(child.Error, buffer) is > 0 and var count)
        {
            errors.Take(buffer.AsSpan(0, count));
        }

        errors.End();
        string said = errors.Text.Trim().ReplaceLineEndings("; ");
        return status == 0 ? null : said.Length > 0 ? $"says: {said}" : $"ended with exit code {status}";
    }
}
