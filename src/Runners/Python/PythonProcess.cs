using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>One interpreter that runs <c>host.py</c>.</summary>
internal sealed class PythonProcess : FramedProcess
{
    /// <summary>What Python's faulthandler writes before it ends a process whose call kept the interpreter lock for too long.</summary>
    private const string LockedTooLong = "Timeout (";

    private PythonProcess(ChildProcess child, string folder)
        : base(child, folder)
    {
    }

    /// <summary>Programs loaded, by what tells them apart, and the numbers the host knows them by.</summary>
    public Dictionary<string, int> Programs { get; } = [];

    /// <summary>The job whose code was loaded first; null before.</summary>
    public JobId? Job { get; set; }

    /// <summary>Folder whose modules its programs may have imported.</summary>
    public string? SourceFolder { get; set; }

    /// <summary>Whether its programs have imported modules of the user's, which are as they were then.</summary>
    public bool HasImported { get; set; }

    /// <summary>Hashes of the files loaded.</summary>
    public HashSet<string> Files { get; } = [];

    /// <summary>Starts an interpreter, without waiting for it.</summary>
    /// <param name="interpreter">Which.</param>
    /// <param name="options">Where, and within which limits.</param>
    /// <param name="file">The user's file that it is for; in a sandbox it sees no other.</param>
    public static PythonProcess Start(PythonInterpreter interpreter, PythonOptions options, CodeFile file)
    {
        string folder = WorkFolders.Create(options.WorkFolder);
        try
        {
            string[] arguments =
            [
                "-S", "-c", PythonInterpreter.Boot, interpreter.Host,
                options.Confinement.ParentOfProgram.ToString(CultureInfo.InvariantCulture), options.MemoryBytesMax.ToString(CultureInfo.InvariantCulture),
            ];
            Dictionary<string, string> environment = Launch.CleanEnvironment(folder, Variables());
            var launch = new Launch(interpreter.Path, arguments, folder, environment, FileBytesMax: options.FileBytesMax) { Reads = Reads(interpreter, options, file) };
            return new PythonProcess(options.Confinement.Start(launch), folder);
        }
        catch
        {
            WorkFolders.Remove(folder);
            throw;
        }
    }

    /// <inheritdoc/>
    protected override bool IsKnown(ReadOnlySpan<byte> head) => PythonFrame.IsFromHost(head);

    /// <inheritdoc/>
    protected override ProgramFailure Ended(int status, TimeSpan silence) =>
        status == 1 && Errors.Text.Contains(LockedTooLong, StringComparison.Ordinal) ? TimedOut(silence) : ProgramFailure.Ended(status);

    private static string[] Reads(PythonInterpreter interpreter, PythonOptions options, CodeFile file) =>
        options.Confinement.Level < SandboxLevel.Namespaces ? [] : [.. interpreter.Reads, file.Path, .. options.Confinement.Shown(SourceModules.OfPython(file.SourceFolder))];

    // PYTHONHASHSEED: sets and so whatever a user does in their order come out alike in every process.
    // MALLOC_…: memory of a block is kept for the next one instead of being given back and faulted in again (glibc, mallopt(3)).
    private static IEnumerable<KeyValuePair<string, string>> Variables()
    {
        yield return new("PYTHONHASHSEED", "0");
        yield return new("MALLOC_MMAP_THRESHOLD_", "16777216");
        yield return new("MALLOC_TRIM_THRESHOLD_", "67108864");
        foreach (KeyValuePair<string, string> variable in PythonInterpreter.Variables())
        {
            yield return variable;
        }
    }
}
