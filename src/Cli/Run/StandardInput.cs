using Katanemimena.Cli.Display;
using Katanemimena.Cli.Output;

namespace Katanemimena.Cli.Run;

/// <summary>Keeps standard input in a file of the job's folder, since chunks are read by offset and a task may be read twice.</summary>
internal static class StandardInput
{
    private const int BlockBytes = 1 << 20;

    /// <summary>Copies all of standard input, block by block.</summary>
    /// <param name="path">File to write; removed again unless all of it was written.</param>
    /// <param name="cancellation">Stops at once, though a read may still be waiting.</param>
    /// <exception cref="CommandError">The disk is full, or standard input cannot be read.</exception>
    public static async Task SpoolAsync(string path, CancellationToken cancellation)
    {
        if (!StandardDescriptors.CanRead)
        {
            throw CommandError.Usage("--data -: standard input is closed or not open for reading");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            await Task.Factory.StartNew(() => Copy(path, cancellation), TaskCreationOptions.LongRunning).WaitAsync(cancellation);
        }
        catch (Exception error)
        {
            File.Delete(path);
            if (error is IOException or UnauthorizedAccessException)
            {
                throw CommandError.Environment(
                    DiskErrors.IsFull(error)
                        ? $"--data -: the disk is full: standard input is kept in {path} while the job runs; free some space, or set TMPDIR or --state-dir to a folder on a larger disk"
                        : $"--data -: standard input cannot be kept in {path}: {error.Message}",
                    error);
            }

            throw;
        }
    }

    private static void Copy(string path, CancellationToken cancellation)
    {
        using Stream input = Console.OpenStandardInput();
        using var output = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        byte[] block = new byte[BlockBytes];
        while (Read(input, block) is > 0 and var read)
        {
            cancellation.ThrowIfCancellationRequested();
            output.Write(block, 0, read);
        }
    }

    private static int Read(Stream input, byte[] block)
    {
        try
        {
            return input.ReadAtLeast(block, BlockBytes, throwOnEndOfStream: false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CommandError.Usage($"--data -: standard input cannot be read: {error.Message}");
        }
    }
}
