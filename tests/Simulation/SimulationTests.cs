using System.Collections.Concurrent;
using System.Globalization;
using Xunit;

namespace Katanemimena.Tests.Simulation;

/// <summary>Runs many seeds. <c>KATANEMIMENA_SEEDS</c> sets how many, <c>KATANEMIMENA_FIRST_SEED</c> where to begin.</summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int SeedsByDefault = 1000;

    [Fact]
    public void Whatever_goes_wrong_every_job_ends_and_every_result_is_right()
    {
        int first = Setting("KATANEMIMENA_FIRST_SEED", 0);
        int count = Setting("KATANEMIMENA_SEEDS", SeedsByDefault);
        Assert.True(count > 0, "KATANEMIMENA_SEEDS must be 1 or more");
        var reports = new ConcurrentBag<SimReport>();
        var violations = new ConcurrentDictionary<int, string>();
        Parallel.For(first, first + count, seed =>
        {
            try
            {
                reports.Add(SimWorld.Run(new SimPlan { Seed = seed }));
            }
            catch (Violation violation)
            {
                violations[seed] = violation.Message;
            }
        });
        output.WriteLine($"{reports.Count} seeds: {reports.Sum(r => r.Jobs)} jobs, {reports.Sum(r => r.Completed)} completed, {reports.Sum(r => r.Failed)} failed, "
            + $"{reports.Sum(r => r.Cancelled)} cancelled, {reports.Sum(r => r.Commits)} commits, {reports.Sum(r => r.MapsReopened)} outputs lost, {reports.Sum(r => (long)r.Steps)} steps");
        Assert.True(violations.IsEmpty, string.Join(Environment.NewLine, violations.OrderBy(v => v.Key).Take(10).Select(v => $"seed {v.Key}: {v.Value}")));
        Assert.True(reports.Sum(r => r.Completed) > count / 2, "most jobs complete");
    }

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : otherwise;
}
