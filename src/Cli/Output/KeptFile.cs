using System.Globalization;

namespace Katanemimena.Cli.Output;

/// <summary>A file that outlives its command.</summary>
internal static class KeptFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes a file of a name that no other has, readable by its owner only since it holds records.</summary>
    /// <param name="folder">Folder, created if missing.</param>
    /// <param name="beginning">What its name begins with.</param>
    /// <param name="extension">What its name ends with.</param>
    public static FileStream Create(string folder, string beginning, string extension)
    {
        Directory.CreateDirectory(folder);
        string unique = TimeProvider.System.GetUtcNow().ToString("yyyyMMddTHHmmssfff", CultureInfo.InvariantCulture);
        string name = string.Create(CultureInfo.InvariantCulture, $"{beginning}-{unique}-{Environment.ProcessId}{extension}");
        return new FileStream(Path.Join(folder, name), new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly });
    }
}
