using System.Globalization;
using Katanemimena.Bench.Measure;

namespace Katanemimena.Bench.Workloads;

/// <summary>Runs all programs of a workload in alternation and compares what they give.</summary>
/// <param name="places">Where programs are.</param>
/// <param name="folder">For inputs and outputs.</param>
/// <param name="log">Told of every run.</param>
/// <param name="settled">Whether the disk is left to settle before each run.</param>
internal sealed class Comparer(Places places, string folder, TextWriter log, bool settled = true)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(20);

    /// <exception cref="InvalidOperationException">A program failed, or is missing and must not be.</exception>
    public Comparison Compare(Workload workload, IReadOnlyList<BenchProgram> programs, long bytes, int rounds, bool allowMissing)
    {
        var input = workload.Data.Ensure(folder, bytes);
        _ = ResultDigest.Of(input);
        var missing = programs.Where(program => places.Missing(program) is not null).ToList();
        if (missing.Count > 0 && !allowMissing)
        {
            throw new InvalidOperationException($"{workload.Name}: {Describe(missing)}; bench/setup.sh installs the peers, --allow-missing leaves them out");
        }

        var present = programs.Except(missing).ToList();
        var runs = present.ToDictionary(program => program, _ => new List<Run>());
        var wrong = new SortedSet<string>(StringComparer.Ordinal);
        ResultDigest? expected = null;
        for (var round = 0; round < rounds; round++)
        {
            foreach (var program in present)
            {
                runs[program].Add(RunOnce(workload, program, input, ref expected, wrong));
            }
        }

        return new Comparison(workload, new FileInfo(input).Length, [.. present.Select(program => new Measured(program, runs[program]))],
            missing.Select(program => $"{program.Name}: {places.Missing(program)}").ToList(), [.. wrong]);
    }

    private Run RunOnce(Workload workload, BenchProgram program, string input, ref ResultDigest? expected, SortedSet<string> wrong)
    {
        var output = Path.Combine(folder, $"{workload.Name}.out");
        var errors = Path.Combine(folder, $"{workload.Name}.err");
        File.Delete(output);
        var run = Launcher.Run($"exec 2> '{errors}'; {places.Fill(program.Command, input, output)}", Timeout, settled);
        log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{workload.Name} {program.Name}: {run.Seconds:0.00} s, CPU {run.CpuSeconds:0.00} s, {run.PeakBytes >> 20} MiB"));
        if (run.ExitCode != 0)
        {
            var text = File.ReadAllText(errors);
            throw new InvalidOperationException($"{workload.Name}, {program.Name}: exit code {run.ExitCode}\n{text[Math.Max(0, text.Length - 4000)..]}");
        }

        if (program.Checked)
        {
            Check(program, ResultDigest.Of(output), ref expected, wrong);
        }

        return run;
    }

    private static void Check(BenchProgram program, ResultDigest found, ref ResultDigest? expected, SortedSet<string> wrong)
    {
        expected ??= found;
        if (!found.Agrees(expected))
        {
            wrong.Add($"{program.Name}: {found.Lines} lines, digest {found.Digest}; the first program: {expected.Lines} lines, digest {expected.Digest}");
        }
        else if (program.Ours && !found.Ordered)
        {
            wrong.Add($"{program.Name}: the result is not in key order");
        }
    }

    private string Describe(IEnumerable<BenchProgram> missing) => string.Join("; ", missing.Select(program => $"{program.Name} lacks {places.Missing(program)}"));
}
