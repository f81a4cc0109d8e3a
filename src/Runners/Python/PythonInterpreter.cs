using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Finds the interpreter and the files that make its start fast.</summary>
/// <remarks>A <c>python3</c> on PATH may be a script that chooses among interpreters and takes ten times as long to start as they do: it is asked
/// once which one it means. The answer is kept in the cache folder under the script's path and time and what is known to sway such scripts
/// (PYENV_VERSION and the version files of pyenv), so it is asked again when one of these changes.</remarks>
internal sealed class PythonInterpreter(PythonOptions options)
{
    /// <summary>Oldest version that is served.</summary>
    public const string VersionMin = "3.8";

    private const int AskMilliseconds = 30_000;
    private readonly Lazy<string> _path = new(() => Find(options));
    private readonly Lazy<string> _host = new(() => PlaceHost(options.CacheFolder));
    private IReadOnlyList<string>? _reads;

    // The boot without running the host; prints the name of the compiled one.
    private const string Compile = """
        import sys,marshal,os
        p=sys.argv[1];c='%s.%x'%(p,sys.hexversion)
        if not os.path.exists(c):
         with open(p,'rb') as f:k=compile(f.read(),'<katanemimena>','exec')
         t='%s.%d'%(c,os.getpid())
         with open(t,'wb') as f:f.write(marshal.dumps(k))
         os.replace(t,c)
        print(c)
        """;


    /// <summary>What the interpreter runs first: the compiled host of its own version from the cache folder, which it puts there if it is not.</summary>
    public const string Boot = """
        import sys,marshal
        p=sys.argv[1];c='%s.%x'%(p,sys.hexversion)
        try:
         with open(c,'rb') as f:k=marshal.loads(f.read())
        except Exception:
         import os
         with open(p,'rb') as f:k=compile(f.read(),'<katanemimena>','exec')
         try:
          t='%s.%d'%(c,os.getpid())
          with open(t,'wb') as f:f.write(marshal.dumps(k))
          os.replace(t,c)
         except OSError:pass
        exec(k,{'__name__':'katanemimena_host'})
        """;

    /// <summary>Full path of the interpreter.</summary>
    /// <exception cref="PermanentFault">There is none.</exception>
    public string Path => _path.Value;

    /// <summary>Full path of the host's source in the cache folder.</summary>
    public string Host => _host.Value;

    /// <summary>Full paths of all files and folders that it reads to run the host; the host is compiled, for a sandbox cannot keep what it compiles.</summary>
    /// <exception cref="PermanentFault">There is no interpreter, or it does not work.</exception>
    public IReadOnlyList<string> Reads => LazyInitializer.EnsureInitialized(ref _reads, FindReads);

    /// <summary>Whether there is one.</summary>
    public bool IsInstalled
    {
        get
        {
            try
            {
                return Path.Length > 0;
            }
            catch (PermanentFault)
            {
                return false;
            }
        }
    }

    /// <summary>Variables without which the interpreter may not start, or not find the packages that its user installed.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Variables()
    {
        string? home = Environment.GetEnvironmentVariable("HOME");
        string? userBase = Environment.GetEnvironmentVariable("PYTHONUSERBASE") ?? (home is { Length: > 0 } ? System.IO.Path.Combine(home, ".local") : null);
        if (userBase is not null)
        {
            yield return new("PYTHONUSERBASE", userBase);
        }

        if (Environment.GetEnvironmentVariable("LD_LIBRARY_PATH") is { Length: > 0 } libraries)
        {
            yield return new("LD_LIBRARY_PATH", libraries);
        }
    }

    private static string Find(PythonOptions options)
    {
        string name = options.Interpreter ?? "python3";
        string found = name.Contains('/')
            ? File.Exists(name) ? System.IO.Path.GetFullPath(name) : throw new PermanentFault($"there is no Python interpreter {name}") { OfMachine = true }
            : CommandLine.FindOnPath(name) ?? throw new PermanentFault($"no {name} is on PATH: install Python {VersionMin} or newer, or name the interpreter") { OfMachine = true };
        return IsScript(found) ? Resolve(found, options.CacheFolder) : found;
    }

    private static bool IsScript(string path)
    {
        Span<byte> start = stackalloc byte[2];
        using FileStream file = File.OpenRead(path);
        return file.ReadAtLeast(start, 2, throwOnEndOfStream: false) == 2 && start.SequenceEqual("#!"u8);
    }

    private static string Resolve(string script, string cacheFolder)
    {
        string kept = System.IO.Path.Combine(cacheFolder, $"python-{Hash(Encoding.UTF8.GetBytes(Circumstances(script)))}.path");
        if (File.Exists(kept) && File.ReadAllText(kept).Trim() is { Length: > 0 } known && File.Exists(known))
        {
            return known;
        }

        string path = Ask(script);
        Place(kept, Encoding.UTF8.GetBytes(path));
        return path;
    }

    private static string Circumstances(string script)
    {
        StringBuilder text = new();
        text.Append(Environment.GetEnvironmentVariable("PYENV_VERSION")).Append('\n');
        Add(script);
        Add(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(script)!, "..", "version"));
        for (string? folder = Environment.CurrentDirectory; folder is not null; folder = System.IO.Path.GetDirectoryName(folder))
        {
            Add(System.IO.Path.Combine(folder, ".python-version"));
        }

        return text.ToString();

        void Add(string file)
        {
            if (File.Exists(file))
            {
                text.Append(file).Append('\t').Append(File.GetLastWriteTimeUtc(file).Ticks).Append('\n');
            }
        }
    }

    private static string Ask(string script) => Output(script, ["-c", "import sys; print(sys.executable)"]) is var (path, errors) && File.Exists(path)
        ? path
        : throw new PermanentFault($"{script} does not say which Python interpreter it runs: {errors}") { OfMachine = true };

    private IReadOnlyList<string> FindReads()
    {
        (string compiled, string errors) = Output(Path, ["-S", "-c", Compile, Host]);
        if (!File.Exists(compiled))
        {
            throw new PermanentFault($"{Path} cannot compile the host of Python code: {errors}") { OfMachine = true };
        }

        string? userBase = Variables().FirstOrDefault(variable => variable.Key == "PYTHONUSERBASE").Value;
        return [.. PythonFolders.Of(Path, userBase), Host, compiled];
    }

    private static (string Output, string Errors) Output(string program, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        Process process;
        lock (ChildProcess.StartGate)
        {
            process = Process.Start(start)!;
        }

        using (process)
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(AskMilliseconds))
            {
                process.Kill(entireProcessTree: true);
            }

            return (output.GetAwaiter().GetResult().Trim(), errors.GetAwaiter().GetResult().Trim());
        }
    }

    private static string PlaceHost(string cacheFolder)
    {
        using Stream stream = typeof(PythonInterpreter).Assembly.GetManifestResourceStream("host.py")!;
        byte[] source = new byte[stream.Length];
        stream.ReadExactly(source);
        string path = System.IO.Path.Combine(System.IO.Path.GetFullPath(cacheFolder), $"python-host-{Hash(source)}.py");
        if (!File.Exists(path))
        {
            Place(path, source);
        }

        return path;
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes))[..16];

    private static void Place(string path, byte[] bytes)
    {
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            string temporary = $"{path}.{Environment.ProcessId}.{Environment.CurrentManagedThreadId}";
            File.WriteAllBytes(temporary, bytes);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PermanentFault($"the cache folder cannot be written: {e.Message}", e) { OfMachine = true };
        }
    }
}
