using System.IO.Compression;
using System.Text;
using Katanemimena.Core;
using Katanemimena.Runners;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.Host;

public sealed class RecordReplayTests : IDisposable
{
    private const string Program = """
        public class M : IMapper
        {
            public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output)
            {
                output.Emit(Encoding.UTF8.GetBytes(offset.ToString()), record);
                if (record.EndsWith("bad"u8)) throw new FormatException("it is bad");
            }
        }

        public class R : IReducer
        {
            public void Reduce(ReadOnlySpan<byte> key, IValues values, IEmitter output)
            {
                while (values.MoveNext())
                {
                    output.Emit(key, values.Current);
                    if (values.Current.SequenceEqual("bad"u8)) throw new FormatException("it is bad");
                }
            }
        }
        """;

    private readonly Workbench _bench = new();
    private readonly JobCode _code;

    public RecordReplayTests()
    {
        string file = _bench.Write("m.cs", Program);
        _code = new JobCode(Workbench.Job, _bench.Load(file, "mapper"), _bench.Load(file, "reducer"), null);
    }

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void A_record_that_failed_fails_again_alone_and_shows_what_it_emitted()
    {
        FailureCard card = Fail(code => code.Map(Workbench.Attempt(), new RecordList("good\nbad\n"u8.ToArray()), new PairList()));
        ReplayOutcome outcome = RecordReplay.Run(_bench.Host, _code, card);
        Assert.Equal(("5", "bad", 1L), (Text(outcome.Pairs[0].Key), Text(outcome.Pairs[0].Value), outcome.PairsEmitted));
        Assert.Contains("FormatException on the record at byte 5 of data.txt: it is bad", outcome.Failure!.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_that_fails_no_more_gives_its_pairs()
    {
        FailureCard card = new() { Stage = "map", Role = "mapper", Error = "", Record = "good"u8.ToArray(), Offset = 7 };
        ReplayOutcome outcome = RecordReplay.Run(_bench.Host, _code, card);
        Assert.Null(outcome.Failure);
        Assert.Equal(("7", "good"), (Text(outcome.Pairs[0].Key), Text(outcome.Pairs[0].Value)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_long_record_is_read_from_its_file(bool gzip)
    {
        string record = new string('x', 100_000) + "bad";
        string data = _bench.In("data");
        using (Stream file = gzip ? new GZipStream(File.Create(data), CompressionLevel.Fastest) : File.Create(data))
        {
            file.Write(Encoding.ASCII.GetBytes($"first\n{record}\nlast\n"));
        }

        FailureCard card = Fail(code => code.Map(Workbench.Attempt(), new RecordList(Encoding.ASCII.GetBytes($"first\n{record}\nlast\n"), file: data), new PairList()));
        Assert.True(card.RecordCut);
        ReplayOutcome outcome = RecordReplay.Run(_bench.Host, _code, card);
        Assert.Equal(record, Text(outcome.Pairs.Single().Value));
        File.WriteAllText(data, "something else\n");
        Assert.Contains("has changed since", Assert.Throws<PermanentFault>(() => RecordReplay.Run(_bench.Host, _code, card)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_finds_the_variables_of_its_task()
    {
        string file = _bench.Write("m.py", """
            from os import environ
            def map(key, line):
                yield environ["mapreduce_map_input_file"], [environ["map_input_start"], environ["mapreduce_map_input_length"], environ["mapreduce_task_attempt_id"]]
            def reduce(key, values):
                yield key, environ["mapreduce_task_id"]
            """);
        JobCode code = new(Workbench.Job, _bench.Load(file, "mapper"), _bench.Load(file, "reducer"), null);
        FailureCard map = new() { Stage = "map", Role = "mapper", Error = "", Record = "good"u8.ToArray(), File = "in.txt", Offset = 7, Task = 3, Attempt = 2 };
        ReplayedPair mapped = RecordReplay.Run(_bench.Host, code, map).Pairs.Single();
        Assert.Equal(("in.txt", "[\"7\",\"4\",\"attempt_local_0007_m_000003_1\"]"), (Text(mapped.Key), Text(mapped.Value)));
        FailureCard reduce = new() { Stage = "reduce", Role = "reducer", Error = "", Record = "k"u8.ToArray(), Task = 3, Values = ["1"u8.ToArray()] };
        Assert.Equal("\"task_local_0007_r_000003\"", Text(RecordReplay.Run(_bench.Host, code, reduce).Pairs.Single().Value));
    }

    [Fact]
    public void A_key_is_replayed_with_the_values_that_a_later_attempt_kept()
    {
        GroupList Groups() => new(("a", [("1", 1)]), ("k", [("1", 2), ("bad", 1), ("2", 1)]));
        FailureCard first = Fail(code => code.Reduce(Workbench.Attempt(TaskStage.Reduce), Groups(), new PairList()));
        Assert.Contains("later attempt", Assert.Throws<PermanentFault>(() => RecordReplay.Run(_bench.Host, _code, first)).Message, StringComparison.Ordinal);

        FailureCard second = Fail(code => code.Reduce(Workbench.Attempt(TaskStage.Reduce, ordinal: 2), Groups(), new PairList()));
        ReplayOutcome outcome = RecordReplay.Run(_bench.Host, _code, second);
        Assert.Equal(["k=1", "k=1", "k=bad"], outcome.Pairs.Select(pair => $"{Text(pair.Key)}={Text(pair.Value)}"));
        Assert.NotNull(outcome.Failure);

        ReplayOutcome other = RecordReplay.Run(_bench.Host, _code, first, ["5"u8.ToArray()]);
        Assert.Equal("k=5", string.Join(' ', other.Pairs.Select(pair => $"{Text(pair.Key)}={Text(pair.Value)}")));
        Assert.Null(other.Failure);
    }

    [Fact]
    public void A_key_set_aside_by_a_streaming_reducer_can_be_replayed()
    {
        string reducer = _bench.Script("r.awk", "#!/usr/bin/awk -f\n/bad/ { exit 1 } { print }\n");
        BadRecordList bad = new();
        GroupList groups = GroupList.Of(("a", ["1", "2"]), ("bad", ["3", "4"]), ("c", ["5"]));
        PairList pairs = _bench.Reduce("cat", reducer, groups, Workbench.Attempt(TaskStage.Reduce, 2, skipMax: 1, bad: bad));
        Assert.Equal(3, pairs.Pairs.Count);
        FailureCard card = bad.Records.Single().Card;
        Assert.Equal(["3", "4"], card.Values!.Select(Text));
        JobCode code = new(Workbench.Job, _bench.Load("cat", "mapper"), _bench.Load(reducer, "reducer"), null);
        Assert.Equal(1, RecordReplay.Run(_bench.Host, code, card).Failure!.ExitCode);
    }

    [Fact]
    public void A_card_without_a_record_says_how_to_find_it()
    {
        FailureCard card = new() { Stage = "map", Role = "mapper", Code = "m.sh", Error = "" };
        Assert.Contains("--skip-bad-records", Assert.Throws<PermanentFault>(() => RecordReplay.Run(_bench.Host, _code, card)).Message, StringComparison.Ordinal);
    }

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    private FailureCard Fail(Action<IUserCode> run)
    {
        FailureCard? card = null;
        Workbench.Using(_bench.Open(_code), code => card = Assert.Throws<UserCodeFault>(() => run(code)).Card);
        return card!;
    }
}
