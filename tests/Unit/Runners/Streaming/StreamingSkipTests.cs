using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.Streaming;

public sealed class StreamingSkipTests : IDisposable
{
    private const string FailsOnBad = "#!/usr/bin/awk -f\n/bad/ { print \"reporter:counter:g,bad,1\" > \"/dev/stderr\"; print \"it is \" $0 > \"/dev/stderr\"; exit 4 } { print \"reporter:counter:g,good,1\" > \"/dev/stderr\"; print }\n";
    private readonly Workbench _bench = new();
    private readonly BadRecordList _bad = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Bad_records_are_found_by_halving_and_set_aside_with_their_place()
    {
        string text = string.Concat(Enumerable.Range(0, 200).Select(i => i is 17 or 18 or 150 ? $"bad {i}\n" : $"good {i}\n"));
        AttemptContext attempt = Workbench.Attempt(ordinal: 2, skipMax: 3, bad: _bad);
        PairList pairs = _bench.Map(_bench.Script("pick.awk", FailsOnBad), text, attempt, blockBytes: 700);
        Assert.Equal(Enumerable.Range(0, 200).Where(i => i is not (17 or 18 or 150)).Select(i => $"good {i}"), pairs.Pairs.Select(pair => pair.Key));
        Assert.Equal(["bad 17", "bad 18", "bad 150"], _bad.Records.Select(bad => bad.Record));
        Assert.Equal(new Dictionary<string, long> { ["g:good"] = 197 }, attempt.Report.Counters());
        FailureCard card = _bad.Records[2].Card;
        Assert.Equal((4, "data.txt", (long)text.IndexOf("bad 150", StringComparison.Ordinal), "bad 150"), (card.ExitCode, card.File, card.Offset, System.Text.Encoding.UTF8.GetString(card.Record!)));
        Assert.Contains("it is bad 150", card.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public void One_bad_record_more_than_allowed_fails_the_attempt()
    {
        UserCodeFault fault = Assert.Throws<UserCodeFault>(() => _bench.Map(
            _bench.Script("pick.awk", FailsOnBad), "bad 1\ngood\nbad 2\nbad 3", Workbench.Attempt(ordinal: 2, skipMax: 2, bad: _bad)));
        Assert.Equal(["bad 1", "bad 2"], _bad.Records.Select(bad => bad.Record));
        Assert.Equal("bad 3"u8.ToArray(), fault.Card.Record);
    }

    [Fact]
    public void The_first_attempt_runs_at_full_speed_and_fails()
    {
        Assert.Throws<UserCodeFault>(() => _bench.Map(_bench.Script("pick.awk", FailsOnBad), "bad\n", Workbench.Attempt(skipMax: 5, bad: _bad)));
        Assert.Empty(_bad.Records);
    }

    [Fact]
    public void A_record_on_which_the_program_hangs_is_set_aside()
    {
        string mapper = _bench.Script("hang.sh", "#!/bin/sh\nwhile read -r x; do [ \"$x\" = bad ] && sleep 1000; echo \"$x\"; done\n");
        PairList pairs = _bench.Map(mapper, "a\nbad\nb\n", Workbench.Attempt(ordinal: 2, skipMax: 1, bad: _bad, timeoutSeconds: 0.4));
        Assert.Equal([("a", ""), ("b", "")], pairs.Pairs);
        Assert.Equal(["bad"], _bad.Records.Select(bad => bad.Record));
    }

    [Fact]
    public void Bad_keys_of_a_reducer_are_set_aside_with_all_their_values()
    {
        GroupList groups = GroupList.Of([.. Enumerable.Range(100, 50).Select(i => (i is 120 or 149 ? $"bad{i}" : $"k{i}", (string[])["1", "2"]))]);
        PairList pairs = _bench.Reduce("cat", _bench.Script("pick.awk", FailsOnBad), groups, Workbench.Attempt(TaskStage.Reduce, 2, skipMax: 2, bad: _bad));
        Assert.Equal(96, pairs.Pairs.Count);
        Assert.DoesNotContain(pairs.Pairs, pair => pair.Key.Contains("bad", StringComparison.Ordinal));
        Assert.Equal(["bad120", "bad149"], _bad.Records.Select(bad => bad.Record));
        Assert.Equal("reduce", _bad.Records[0].Card.Stage);
    }

    [Fact]
    public void A_combiner_sets_no_keys_aside_because_other_tasks_hold_values_of_them()
    {
        string combiner = _bench.Script("pick.awk", FailsOnBad);
        Workbench.Using(_bench.Open("cat", combiner: combiner), code => Assert.Throws<UserCodeFault>(
            () => code.Combine(Workbench.Attempt(ordinal: 2, skipMax: 5, bad: _bad), GroupList.Of(("a", ["1"]), ("bad", ["1"])), new PairList())));
        Assert.Empty(_bad.Records);
    }

    [Fact]
    public void A_key_with_more_values_than_are_held_is_reduced_alone()
    {
        string large = new('x', 1000);
        GroupList groups = new(("a", [("1", 1)]), ("bad", [(large, 30_000)]), ("big", [(large, 30_000)]), ("z", [("1", 1)]));
        string reducer = _bench.Script("count.awk", "#!/usr/bin/awk -f\n{ n[$1]++ } $1 == \"bad\" && NR > 20000 { failed = 1; exit 1 } END { if (!failed) for (k in n) print k \" \" n[k] }\n");
        PairList pairs = _bench.Reduce("cat", reducer, groups, Workbench.Attempt(TaskStage.Reduce, 2, skipMax: 1, bad: _bad));
        Assert.Equal([("a 1", ""), ("big 30000", ""), ("z 1", "")], pairs.Pairs);
        Assert.Equal(["bad"], _bad.Records.Select(bad => bad.Record));
    }
}
