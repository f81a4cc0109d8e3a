using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Katanemimena.Sdk;

namespace Katanemimena.Runners;

/// <summary>Compiles one C# file to an assembly.</summary>
/// <param name="source">The file's bytes.</param>
/// <param name="name">Its name, for messages and stack traces.</param>
/// <param name="output">Takes the assembly.</param>
/// <returns>The compiler's errors, empty if it compiled.</returns>
internal delegate IReadOnlyList<string> CompileSource(byte[] source, string name, Stream output);

/// <summary>Compiled C# files on disk, named by all that makes up their content: source, Sdk, framework, and how we compile.</summary>
/// <remarks>Safe for several processes: files are written under another name and moved into place. The compiler is not even loaded when the file is there.</remarks>
internal sealed class CompiledFiles(string folder, CompileSource compile)
{
    // Raise when options of the compilation change.
    private const string Recipe = "1";

    /// <summary>The assembly made of a source.</summary>
    /// <param name="source">Path of the source.</param>
    /// <param name="name">The user's name for it.</param>
    /// <param name="errors">The compiler's errors; then there is no assembly.</param>
    /// <returns>Path of the assembly, or null.</returns>
    public string? Get(string source, string name, out IReadOnlyList<string> errors)
    {
        errors = [];
        byte[] content = File.ReadAllBytes(source);
        string path = Path.Combine(Path.GetFullPath(folder), Key(content, name) + ".dll");
        if (File.Exists(path))
        {
            return path;
        }

        Directory.CreateDirectory(folder);
        string partial = string.Create(CultureInfo.InvariantCulture, $"{path}.{Environment.ProcessId}.{Environment.CurrentManagedThreadId}");
        try
        {
            using (FileStream output = File.Create(partial))
            {
                errors = compile(content, name, output);
            }

            if (errors.Count > 0)
            {
                return null;
            }

            File.Move(partial, path, overwrite: true);
            return path;
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private static string Key(byte[] content, string name)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(content);
        Guid sdk = typeof(IMapper).Assembly.ManifestModule.ModuleVersionId;
        hash.AppendData(Encoding.UTF8.GetBytes($"\0{name}\0{sdk}\0{Environment.Version}\0{Recipe}"));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
