using Katanemimena.Cli.Display;
using Katanemimena.Cli.Output;

namespace Katanemimena.Cli.Remote;

/// <summary>Where downloads go: a file, which comes to be whole or not at all, or standard output.</summary>
internal static class Downloads
{
    /// <summary>For commands that can be given again as they were.</summary>
    public const string SameCommand = "the same command goes on";

    /// <summary>Refuses a file that cannot be the target, before anything is downloaded for it.</summary>
    /// <exception cref="CommandError">It exists, is a folder, or its folder does not exist.</exception>
    public static void Check(string target, bool force)
    {
        if (target == "-")
        {
            if (!StandardDescriptors.CanWrite)
            {
                throw CommandError.Environment("standard output is closed or not open for writing: redirect it, or name a file with --output");
            }

            return;
        }

        string path = Path.GetFullPath(target);
        if (Directory.Exists(path))
        {
            throw CommandError.Usage($"--output {target}: is a folder; name a file");
        }

        if (File.Exists(path) && !force)
        {
            throw CommandError.Usage($"--output {target}: exists already; name another file, or replace it with --force");
        }

        if (!Directory.Exists(Path.GetDirectoryName(path)))
        {
            throw CommandError.Usage($"--output {target}: the folder {Path.GetDirectoryName(path)} does not exist");
        }
    }

    /// <summary>Downloads to it.</summary>
    /// <param name="target">A path; <c>-</c> for standard output.</param>
    /// <param name="force">Whether a file that exists may be replaced.</param>
    /// <param name="connection">Told how to go on.</param>
    /// <param name="goOn">What goes on with a download that is interrupted.</param>
    /// <param name="toFile">Downloads to a file.</param>
    /// <param name="toStream">Downloads to a stream.</param>
    public static async Task<int> ToAsync(string target, bool force, Connection connection, string goOn, Func<string, Task<long>> toFile, Func<Stream, Task<long>> toStream)
    {
        Check(target, force);
        try
        {
            if (target == "-")
            {
                await toStream(new StandardOutput());
                return ExitCode.Done;
            }

            // A link is followed, as a shell would, and a device is written directly.
            string path = Path.GetFullPath(target);
            path = new FileInfo(path).LinkTarget is null ? path : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;
            if (Adapters.FileSystem.FileKind.OtherThanRegular(path) is not null && File.Exists(path))
            {
                await using FileStream device = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
                await toStream(device);
                return ExitCode.Done;
            }

            connection.WhenInterrupted = $"what has come is in {ShellWord.Of(target + ".partial")}: {goOn}";
            await toFile(path);
            return ExitCode.Done;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException && !(error is IOException io && DiskErrors.IsClosedPipe(io)))
        {
            string place = target == "-" ? "standard output" : $"--output {target}";
            throw CommandError.Environment(
                DiskErrors.IsFull(error) ? $"{place}: the disk is full; free some space or name another place" : $"{place}: cannot be written: {error.Message}", error);
        }
    }
}
