namespace Katanemimena.Tests.Simulation;

/// <summary>What a task costs when nothing goes wrong.</summary>
public sealed class BudgetTests
{
    [Fact]
    public void A_task_takes_one_message_and_two_calls_of_the_store_beside_one_a_worker_and_job()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            SimReport report = SimWorld.Run(new SimPlan { Seed = seed, Chaos = Chaos.None });
            Assert.Equal(report.Jobs, report.Completed);
            Assert.Equal(report.Tasks, report.Commits);
            Assert.Equal(report.Tasks + (3 * report.Jobs), report.Messages);
            int specifications = report.Jobs * report.Workers * 2;
            Assert.InRange(report.WorkerCalls, 2 * report.Tasks, (2 * report.Tasks) + specifications);
        }
    }
}
