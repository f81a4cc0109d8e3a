using System.Diagnostics;

namespace Katanemimena.Bench.Workloads;

/// <summary>Where the programs are: what stands in braces in a command.</summary>
internal sealed class Places
{
    private static readonly string[] Tools = ["mawk", "parallel", "node"];

    private readonly Dictionary<string, string> _values;

    /// <param name="bench">The bench folder of the repository.</param>
    /// <param name="mrctl">The published engine.</param>
    public Places(string bench, string mrctl)
    {
        _values = new(StringComparer.Ordinal)
        {
            ["mrctl"] = mrctl,
            ["programs"] = Path.Combine(bench, "programs"),
            ["peers"] = Path.Combine(bench, "peers"),
            ["csharp"] = Path.Combine(bench, "peers/csharp/bin/publish/peers"),
            ["duckdb"] = Path.Combine(bench, "peers/duckdb"),
            ["python"] = Interpreter("python3", ""),
        };
        // A distribution installs its packages for its own interpreter, which need not be the first on PATH.
        _values["dask"] = new[] { _values["python"], "/usr/bin/python3" }.FirstOrDefault(python => Interpreter(python, "import dask.bag; ").Length > 0) ?? "";
    }

    /// <summary>The command with all places filled in.</summary>
    public string Fill(string command, string input, string output)
    {
        foreach (var (name, value) in _values)
        {
            command = command.Replace($"{{{name}}}", value, StringComparison.Ordinal);
        }

        return command.Replace("{in}", input, StringComparison.Ordinal).Replace("{out}", output, StringComparison.Ordinal);
    }

    /// <summary>What a program needs and this machine does not have, or null.</summary>
    public string? Missing(BenchProgram program)
    {
        foreach (var (name, value) in _values)
        {
            if (program.Command.Contains($"{{{name}}}", StringComparison.Ordinal) && !File.Exists(value) && !Directory.Exists(value))
            {
                return $"{name} ({(value.Length == 0 ? "no interpreter has it" : value)})";
            }
        }

        if (program.Command.Contains("{duckdb}", StringComparison.Ordinal) && !Directory.Exists(Path.Combine(_values["duckdb"], "node_modules")))
        {
            return "@duckdb/node-api (npm ci in bench/peers/duckdb)";
        }

        var built = program.Command.Split(' ').FirstOrDefault(word => word.StartsWith("{peers}/c/bin/", StringComparison.Ordinal));
        if (built is not null && !File.Exists(Fill(built, "", "")))
        {
            return "the C programs (make -C bench/peers/c)";
        }

        return Tools.FirstOrDefault(tool => Uses(program, tool) && !OnPath(tool));
    }

    private static bool Uses(BenchProgram program, string tool) =>
        program.Command.Contains(tool == "mawk" ? ".awk" : $"{tool}.sh", StringComparison.Ordinal)
        || program.Command.Contains($" {tool} ", StringComparison.Ordinal);

    private static bool OnPath(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, tool)));

    /// <summary>The executable that an interpreter's name resolves to: some on PATH are slow shims.</summary>
    private static string Interpreter(string name, string first)
    {
        try
        {
            var start = new ProcessStartInfo(name, ["-c", first + "import sys; print(sys.executable)"]) { RedirectStandardOutput = true, RedirectStandardError = true };
            using var process = Process.Start(start)!;
            var found = process.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
            return process.ExitCode == 0 ? found : "";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "";
        }
    }
}
