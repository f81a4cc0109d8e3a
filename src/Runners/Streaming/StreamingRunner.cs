using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Runs executables by the rules of Hadoop Streaming, one process a task.</summary>
/// <remarks>Source of the rules: Hadoop Streaming (Apache Hadoop documentation). Two differ: a program that closes its stdin early and exits
/// with 0, as <c>head</c> does, has succeeded, and so has <c>grep</c> when it exits with 1, which says that no line matched.</remarks>
internal sealed class StreamingRunner(UserCodeHostOptions options, Confinement confinement, PythonInterpreter interpreter) : ICodeRunner
{
    /// <summary>Options of the host.</summary>
    public UserCodeHostOptions Options => options;

    /// <inheritdoc/>
    public ValueTask<IMapProgram> OpenMapperAsync(JobId job, CodeFile file, CancellationToken cancellation)
    {
        return new(new StreamingMapper(this, Located(job, file, "mapper")));
    }

    /// <inheritdoc/>
    public ValueTask<IGroupProgram> OpenReducerAsync(JobId job, CodeFile file, string role, ValueFormat input, CancellationToken cancellation) =>
        new(OpenReducer(job, file, role, input, escape: true));

    /// <summary>Opens a reducer or combiner, and says whether its input has to be escaped: not for pairs of a streaming mapper.</summary>
    public IGroupProgram OpenReducer(JobId job, CodeFile file, string role, ValueFormat input, bool escape)
    {
        return new StreamingGroupProgram(this, Located(job, file, role), role, input, escape);
    }

    /// <summary>Starts the program for one attempt.</summary>
    public StreamingProcess Start(AttemptContext attempt, CodeFile file, IEnumerable<KeyValuePair<string, string>> variables)
    {
        string folder = WorkFolders.Create(options.WorkFolder);
        try
        {
            List<string> linked = LinkArguments(file, folder);
            bool script = IsPythonScript(file);
            Dictionary<string, string> environment = Launch.CleanEnvironment(folder, (script ? PythonInterpreter.Variables() : []).Concat(variables).Concat(attempt.Environment));
            if (script && file.SourceFolder is { } source)
            {
                environment.TryAdd("PYTHONPATH", source);
            }

            var launch = new Launch(
                script ? interpreter.Path : file.Path,
                script ? [file.Path, .. file.Arguments] : file.Arguments,
                folder,
                environment,
                options.ProcessMemoryBytesMax,
                options.ProcessFileBytesMax);
            return new StreamingProcess(folder, confinement.Start(confinement.Level < SandboxLevel.Namespaces ? launch : Inside(launch, file, linked)));
        }
        catch
        {
            WorkFolders.Remove(folder);
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static bool IsPythonScript(CodeFile file) => Path.GetExtension(file.Path) == ".py";

    /// <summary>The program with its place on this machine: a command is looked up here, whatever machine it was submitted on.</summary>
    private static CodeFile Located(JobId job, CodeFile file, string role)
    {
        if (!file.Path.Contains('/'))
        {
            return CommandLine.FindOnPath(file.Path) is { } found
                ? file with { Path = found }
                : throw Cards.AtOpen(job, file, role, $"the {role} '{file.Name}' is no command that this worker has on its PATH: name another one, or send the program along as a file");
        }

        Check(job, file, role);
        return file;
    }

    private static void Check(JobId job, CodeFile file, string role)
    {
        if (!File.Exists(file.Path))
        {
            throw Cards.AtOpen(job, file, role, $"the {role} '{file.Name}' is gone: there is no file {file.Path}");
        }

        if (!IsPythonScript(file) && !CommandLine.IsExecutable(file.Path))
        {
            throw Cards.AtOpen(job, file, role, $"the {role} '{file.Name}' is not executable: chmod +x it and submit again");
        }
    }

    // Scripts may name a Python of PATH that is a script elsewhere: they get the one it stands for.
    private Launch Inside(Launch launch, CodeFile file, IEnumerable<string> linked)
    {
        IEnumerable<string> modules = IsPythonScript(file) ? SourceModules.OfPython(file.SourceFolder) : [];
        string[] code = [file.Path, .. confinement.Shown(linked.Concat(modules))];
        return interpreter.IsInstalled
            ? launch with
            {
                Reads = [.. interpreter.Reads, .. code],
                Environment = new Dictionary<string, string>(launch.Environment) { ["PATH"] = $"{Path.GetDirectoryName(interpreter.Path)}:{launch.Environment["PATH"]}" },
            }
            : launch with { Reads = code };
    }

    // A command line may name files, as in awk -f count.awk: they are found from the working folder as from the folder it was typed in.
    // Returns what was linked.
    private static List<string> LinkArguments(CodeFile file, string folder)
    {
        List<string> linked = [];
        foreach (string argument in file.Arguments)
        {
            if (file.SourceFolder is not { } source || argument.Length == 0 || Path.IsPathRooted(argument) || argument.Split('/').Contains(".."))
            {
                continue;
            }

            string target = Path.Combine(source, argument);
            string link = Path.Combine(folder, argument);
            if (Path.Exists(target) && !Path.Exists(link))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(link)!);
                File.CreateSymbolicLink(link, target);
                linked.Add(target);
            }
        }

        return linked;
    }
}

/// <summary>A running program with its working folder; disposing it ends both.</summary>
internal sealed class StreamingProcess(string folder, ChildProcess child) : IDisposable
{
    /// <summary>The process.</summary>
    public ChildProcess Child => child;

    /// <inheritdoc/>
    public void Dispose()
    {
        child.Dispose();
        WorkFolders.Remove(folder);
    }
}

/// <summary>Empty working folders, one for each process.</summary>
internal static class WorkFolders
{
    private static long s_count;

    /// <summary>Makes one below a folder.</summary>
    public static string Create(string parent) =>
        Directory.CreateDirectory(Path.Combine(Path.GetFullPath(parent), string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}"))).FullName;

    /// <summary>Removes one with all in it. What cannot be removed stays behind.</summary>
    public static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A process may have left something unremovable; it is below the work folder, which its owner removes.
        }
    }
}
