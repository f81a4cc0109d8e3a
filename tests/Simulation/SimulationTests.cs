using System.Collections.Concurrent;
using System.Globalization;

namespace Katanemimena.Tests.Simulation;

/// <summary>Runs many seeds. <c>KATANEMIMENA_SEEDS</c> sets how many, <c>KATANEMIMENA_FIRST_SEED</c> where to begin.</summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int SeedsByDefault = 1000;

    [Fact]
    public void Whatever_goes_wrong_every_job_ends_and_every_result_is_right() =>
        RunAll(Setting("KATANEMIMENA_SEEDS", SeedsByDefault), seed => new SimPlan { Seed = seed });

    [Fact]
    public void With_the_engines_own_data_path_too() =>
        RunAll((Setting("KATANEMIMENA_SEEDS", SeedsByDefault) + 9) / 10, seed => new SimPlan { Seed = seed, DataPath = new RealDataPath() });

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        for (int seed = 0; seed < 10; seed++)
        {
            Assert.Equal(SimWorld.Run(new SimPlan { Seed = seed }), SimWorld.Run(new SimPlan { Seed = seed }));
        }
    }

    private void RunAll(int count, Func<int, SimPlan> plan)
    {
        Assert.True(count > 0, "KATANEMIMENA_SEEDS must be 1 or more");
        int first = Setting("KATANEMIMENA_FIRST_SEED", 0);
        var reports = new ConcurrentBag<SimReport>();
        var violations = new ConcurrentDictionary<int, string>();
        Parallel.For(first, first + count, seed =>
        {
            try
            {
                reports.Add(SimWorld.Run(plan(seed)));
            }
            catch (Violation violation)
            {
                violations[seed] = violation.Message;
            }
        });
        output.WriteLine($"{reports.Count} seeds: {reports.Sum(r => r.Jobs)} jobs, {reports.Sum(r => r.Completed)} completed, {reports.Sum(r => r.Failed)} failed, "
            + $"{reports.Sum(r => r.Cancelled)} cancelled, {reports.Sum(r => r.Commits)} commits, {reports.Sum(r => r.MapsReopened)} outputs lost, {reports.Sum(r => (long)r.Steps)} steps");
        Assert.True(violations.IsEmpty, $"{violations.Count} of {count} seeds failed:{Environment.NewLine}"
            + string.Join(Environment.NewLine, violations.OrderBy(v => v.Key).Take(10).Select(v => $"seed {v.Key}: {v.Value}")));
        Assert.True(reports.Sum(r => r.Completed) > count / 2, "most jobs complete");
    }

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : otherwise;
}
