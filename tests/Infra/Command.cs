using System.Diagnostics;

namespace Katanemimena.Tests.Infra;

/// <summary>How a program ended.</summary>
internal sealed record Finished(int Code, string Output, string Error);

/// <summary>Runs programs in the repository's folder.</summary>
internal static class Command
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    /// <summary>Runs one that must end with 0.</summary>
    /// <returns>What it printed.</returns>
    internal static string Must(string program, IEnumerable<string> arguments)
    {
        Finished end = Run(program, arguments);
        return end.Code == 0 ? end.Output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {end.Error}");
    }

    /// <summary>Runs one to its end; killed after five minutes, which fails the test.</summary>
    internal static Finished Run(string program, IEnumerable<string> arguments, string input = "", IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program.Contains('/', StringComparison.Ordinal) ? Path.Combine(Repository.Root, program) : program, arguments)
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        if (!process.WaitForExit(s_limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} did not end within {s_limit}");
        }

        return new Finished(process.ExitCode, output.Result, error.Result);
    }
}
