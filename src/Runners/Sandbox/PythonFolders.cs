namespace Katanemimena.Runners;

/// <summary>Where an interpreter keeps its library and packages, by the layout that all installations share.</summary>
/// <remarks>Source: Python, sys.prefix and the site module.</remarks>
internal static class PythonFolders
{
    private static readonly string[] s_parts = ["bin", "lib", "lib64", "pyvenv.cfg"];

    /// <summary>Files and folders it reads, those of the system included.</summary>
    /// <param name="interpreter">Full path.</param>
    /// <param name="userBase">Where its user has installed packages; null for nowhere.</param>
    public static IEnumerable<string> Of(string interpreter, string? userBase)
    {
        // In a virtual environment the interpreter is a link to the one whose library it uses.
        string real = File.ResolveLinkTarget(interpreter, returnFinalTarget: true)?.FullName ?? interpreter;
        IEnumerable<string> prefixes = new[] { interpreter, real }.Select(path => Path.GetDirectoryName(Path.GetDirectoryName(path))).OfType<string>().Distinct();
        IEnumerable<string> all = prefixes.SelectMany(prefix => s_parts.Select(part => Path.Join(prefix, part)));
        return userBase is null ? all : all.Append(Path.Join(userBase, "lib"));
    }
}
