using System.Text.RegularExpressions;
using Katanemimena.Core;

namespace Katanemimena.Tests.Simulation;

/// <summary>Proof that the simulation can fail: an engine that lacks one of its checks is found out.</summary>
public sealed class MutationTests
{
    private const int SeedsMax = 300;

    [Fact]
    public void Commits_without_any_condition_are_found_out() =>
        Assert.Matches("committed twice|committed while|another stage or epoch", FirstViolation(seed => new SimPlan
        {
            Seed = seed,
            Tamper = transaction => IsCommit(transaction) ? transaction with { Conditions = [] } : transaction,
        }));

    [Fact]
    public void Commits_that_do_not_compare_the_commit_record_are_found_out() =>
        Assert.Contains("committed twice", FirstViolation(seed => new SimPlan
        {
            Seed = seed,
            Tamper = transaction => IsCommit(transaction) ? Without(transaction, "/done/") : transaction,
        }), StringComparison.Ordinal);

    [Fact]
    public void Commits_that_do_not_compare_the_epoch_are_found_out() =>
        Assert.Matches("committed while|committed twice|another stage or epoch", FirstViolation(seed => new SimPlan
        {
            Seed = seed,
            SendWindow = 0, // So that many attempts are about when the state changes.
            Tamper = transaction => IsCommit(transaction) ? Without(transaction, "/state") : transaction,
        }));

    [Fact]
    public void States_stored_without_comparing_the_one_before_are_found_out() =>
        Assert.Matches("went from|epoch|committed|attempt at|completed", FirstViolation(seed => new SimPlan
        {
            Seed = seed,
            Tamper = transaction => Without(transaction, "/state"),
        }));

    [Fact]
    public void Files_that_are_not_named_by_their_attempt_are_found_out() =>
        Assert.Contains("was deleted or replaced", FirstViolation(seed => new SimPlan
        {
            Seed = seed,
            Rename = path => Regex.Replace(path, "/(runs|parts)/([0-9]+)-.*$", "/$1/$2"),
        }), StringComparison.Ordinal);

    private static bool IsCommit(Transaction transaction) =>
        transaction.Writes.OfType<KeyWrite.Put>().Any(put => put.Key.Contains("/done/", StringComparison.Ordinal));

    private static Transaction Without(Transaction transaction, string key) =>
        transaction with { Conditions = [.. transaction.Conditions.Where(condition => !condition.Key.Contains(key, StringComparison.Ordinal))] };

    private static string FirstViolation(Func<int, SimPlan> plan)
    {
        for (int seed = 0; seed < SeedsMax; seed++)
        {
            try
            {
                SimWorld.Run(plan(seed));
            }
            catch (Violation violation)
            {
                return violation.Message;
            }
        }

        return $"no violation in {SeedsMax} seeds";
    }
}
