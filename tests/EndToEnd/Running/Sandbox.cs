using System.Globalization;
using System.Text;

namespace Katanemimena.Tests.EndToEnd.Running;

/// <summary>A folder of its own for one test, with its own folder for temporary files. At the end it must be clean: no process, no temporary file.</summary>
public sealed class Sandbox : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly Dictionary<string, string?> _environment = [];

    /// <summary>Makes the folders.</summary>
    public Sandbox()
    {
        Folder = Directory.CreateTempSubdirectory("mrctl-test-").FullName;
        Temporary = Path.Join(Folder, "tmp");
        Directory.CreateDirectory(Temporary);
        _environment["TMPDIR"] = Temporary;
    }

    /// <summary>The test's folder, which is mrctl's current folder.</summary>
    public string Folder { get; }

    /// <summary>TMPDIR of mrctl.</summary>
    public string Temporary { get; }

    /// <summary>Full path of a name in the folder.</summary>
    public string this[string name] => Path.Join(Folder, name);

    /// <summary>Sets a variable of mrctl's environment, or removes it.</summary>
    public void Set(string name, string? value) => _environment[name] = value;

    /// <summary>Writes a file as UTF-8 and returns its name.</summary>
    public string Write(string name, string content) => Write(name, Encoding.UTF8.GetBytes(content));

    /// <summary>Writes a file and returns its name.</summary>
    public string Write(string name, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[name])!);
        File.WriteAllBytes(this[name], content);
        return name;
    }

    /// <summary>Writes an executable script and returns its name with <c>./</c> before it.</summary>
    public string Script(string name, string content)
    {
        Write(name, content);
        File.SetUnixFileMode(this[name], File.GetUnixFileMode(this[name]) | UnixFileMode.UserExecute);
        return "./" + name;
    }

    /// <summary>Runs mrctl to its end.</summary>
    public Task<Outcome> RunAsync(params string[] arguments) => RunAsync(null, arguments);

    /// <summary>Runs mrctl to its end with this on standard input.</summary>
    public async Task<Outcome> RunAsync(byte[]? input, params string[] arguments)
    {
        using Mrctl mrctl = Start(input, arguments);
        return await mrctl.EndAsync();
    }

    /// <summary>Runs a shell command line to its end; <c>mrctl</c> in it is the program.</summary>
    public async Task<Outcome> ShellAsync(string line)
    {
        string text = $"PATH='{Path.GetDirectoryName(PublishedMrctl.Program)}':$PATH\n{line}";
        using Mrctl shell = Mrctl.Start("/bin/bash", ["-c", text], Folder, _environment, null);
        return await shell.EndAsync();
    }

    /// <summary>Runs mrctl without root's right to read and write everything, if the tests run as root.</summary>
    public async Task<Outcome> RunAsOrdinaryAsync(params string[] arguments)
    {
        if (Environment.UserName != "root")
        {
            return await RunAsync(arguments);
        }

        string[] drop = ["--bounding-set", "-dac_override,-dac_read_search", PublishedMrctl.Program];
        using Mrctl mrctl = Mrctl.Start("/usr/bin/setpriv", drop.Concat(arguments), Folder, _environment, null);
        return await mrctl.EndAsync();
    }

    /// <summary>Starts mrctl.</summary>
    public Mrctl Start(byte[]? input, params string[] arguments) =>
        Mrctl.Start(PublishedMrctl.Program, arguments, Folder, _environment, input);

    /// <summary>Waits until a condition holds, looking again and again.</summary>
    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        long end = Environment.TickCount64 + (long)Limit.TotalMilliseconds;
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < end, $"waited {Limit} in vain until {what}");
            await looks.WaitForNextTickAsync();
        }
    }

    /// <summary>Processes that belong to this sandbox: they work in it or name it in their command line.</summary>
    public List<string> Processes()
    {
        var found = new List<string>();
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(process), CultureInfo.InvariantCulture, out int id) && id != Environment.ProcessId && IsOurs(process) is { } command)
            {
                found.Add($"{id} {command}");
            }
        }

        return found;
    }

    /// <summary>What mrctl left in its folder for temporary files, failure cards aside: those are meant to stay.</summary>
    public string[] Leftovers() =>
        [.. Directory.EnumerateFileSystemEntries(Temporary).Where(path => !Path.GetFileName(path).StartsWith("mrctl-card-", StringComparison.Ordinal))];

    /// <summary>Fails unless processes and temporary files are gone.</summary>
    public async Task ExpectCleanAsync()
    {
        await UntilAsync(() => Processes().Count == 0, "no process was left: " + string.Join("; ", Processes()));
        Assert.Empty(Leftovers());
    }

    /// <summary>Removes the folder.</summary>
    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private string? IsOurs(string process)
    {
        try
        {
            string command = File.ReadAllText(Path.Join(process, "cmdline")).Replace('\0', ' ');
            string? current = File.ResolveLinkTarget(Path.Join(process, "cwd"), false)?.FullName;
            return command.Contains(Folder, StringComparison.Ordinal) || (current?.StartsWith(Folder, StringComparison.Ordinal) ?? false) ? command : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
