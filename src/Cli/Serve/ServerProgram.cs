using System.Runtime.InteropServices;
using System.Text;
using Katanemimena.Runners;

namespace Katanemimena.Cli.Serve;

/// <summary>The server, which is a program of its own: what only it needs is not loaded by <c>mrctl run</c>.</summary>
internal static unsafe partial class ServerProgram
{
    private const string Name = "Katanemimena.Server";

    /// <summary>Replaces this process by the server, under the same process id, so that whoever watches or signals one has the other.</summary>
    /// <param name="settings">Variables set for it, in place of those of the same name.</param>
    /// <returns>Only in name.</returns>
    /// <exception cref="CommandError">It is not there, or cannot be run.</exception>
    public static int Become(IReadOnlyDictionary<string, string> settings)
    {
        string program = Path.Join(AppContext.BaseDirectory, "server", Name);
        if (!File.Exists(program))
        {
            throw CommandError.Environment($"{program} is missing: build mrctl anew");
        }

        foreach ((string name, string value) in settings)
        {
            Environment.SetEnvironmentVariable(name, value);
        }

        WithoutDiagnostics();
        byte*[] arguments = [Native(program), null];
        byte*[] variables = [.. Variables(), null];
        fixed (byte** argument = arguments, variable = variables)
        {
            _ = Execute(arguments[0], argument, variable);
        }

        throw CommandError.Environment($"{program} cannot be run: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }

    /// <summary>User code on the server must not reach the server by what debuggers and tracers use. What this process has made of it would outlive it, and look like the server's.</summary>
    private static void WithoutDiagnostics()
    {
        if (Environment.GetEnvironmentVariable(DiagnosticFiles.Variable) is not { Length: > 0 })
        {
            Environment.SetEnvironmentVariable(DiagnosticFiles.Variable, "0");
            _ = DiagnosticFiles.Remove(Environment.ProcessId, Path.GetTempPath());
        }
    }

    private static byte*[] Variables()
    {
        System.Collections.IDictionary all = Environment.GetEnvironmentVariables();
        var variables = new byte*[all.Count];
        int next = 0;
        foreach (System.Collections.DictionaryEntry variable in all)
        {
            variables[next++] = Native($"{variable.Key}={variable.Value}");
        }

        return variables;
    }

    /// <summary>Never freed: the process is about to become another.</summary>
    private static byte* Native(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        byte* native = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
        bytes.CopyTo(new Span<byte>(native, bytes.Length));
        return native;
    }

    [LibraryImport("libc", EntryPoint = "execve", SetLastError = true)]
    private static partial int Execute(byte* program, byte** arguments, byte** variables);
}
