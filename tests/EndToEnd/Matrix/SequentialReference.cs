using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd.Matrix;

/// <summary>Asks tests/reference/sequential.py, a program of its own in another language, for the right result.</summary>
internal static class SequentialReference
{
    private static readonly ConcurrentDictionary<string, Lazy<byte[]>> Results = new(StringComparer.Ordinal);

    /// <summary>The Python interpreter that <c>python3</c> resolves to.</summary>
    public static string Python { get; } = Run("python3", ["-c", "import sys; print(sys.executable, end='')"], text => text);

    /// <summary>The result of a sample for files of this content; computed once.</summary>
    public static byte[] Result(string sample, IReadOnlyList<string> files) =>
        Results.GetOrAdd($"{sample}\n{string.Join('\n', files.Select(HashOf))}", _ => new Lazy<byte[]>(() => Compute(sample, files))).Value;

    private static string HashOf(string file) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)));

    private static byte[] Compute(string name, IReadOnlyList<string> files)
    {
        Sample sample = Sample.Read(name);
        SampleVariant variant = sample.Variant(sample.Reference);
        string reducer = variant.Reducer is null ? "-" : Sample.PathOf(name, variant.Reducer);
        string[] arguments =
        [
            Path.Join(PublishedMrctl.Root, "tests", "reference", "sequential.py"), variant.Contract,
            Sample.PathOf(name, variant.Mapper), reducer, sample.Format, .. files,
        ];
        return Run(Python, arguments, System.Text.Encoding.Latin1.GetBytes);
    }

    private static T Run<T>(string program, string[] arguments, Func<string, T> convert)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = System.Text.Encoding.Latin1,
        };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: exit code {process.ExitCode}\n{error.GetAwaiter().GetResult()}");
        return convert(output);
    }
}
