using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.DotNet;

/// <summary>A thread that was given up may come back from user code long after what it worked on is gone.</summary>
public sealed class GivenUpThreadTests : IDisposable
{
    private const string Program = """
        public class M : IMapper
        {
            public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output) => Stuck.Wait(record);
        }

        public class R : IReducer
        {
            public void Reduce(ReadOnlySpan<byte> key, IValues values, IEmitter output) => Stuck.Wait(key);
        }

        static class Stuck
        {
            public static void Wait(ReadOnlySpan<byte> record)
            {
                AppDomain domain = AppDomain.CurrentDomain;
                domain.SetData("last record", Encoding.UTF8.GetString(record));
                domain.SetData("stuck thread", Thread.CurrentThread);
                ((ManualResetEventSlim)domain.GetData("gate")!).Wait();
                throw new FormatException("awake again");
            }
        }
        """;

    private readonly Workbench _bench = new();
    private readonly BadRecordList _bad = new();
    private readonly ManualResetEventSlim _gate = new();

    public GivenUpThreadTests() => AppDomain.CurrentDomain.SetData("gate", _gate);

    public void Dispose()
    {
        _bench.Dispose();
        _gate.Dispose();
    }

    [Theory]
    [InlineData(TaskStage.Map, 0)]
    [InlineData(TaskStage.Map, 5)]
    [InlineData(TaskStage.Reduce, 0)]
    [InlineData(TaskStage.Reduce, 5)]
    public void It_touches_nothing_of_the_engines_when_user_code_throws_at_last_and_ends(TaskStage stage, int skip)
    {
        string file = _bench.Write("stuck.cs", Program);
        AttemptContext attempt = Workbench.Attempt(stage, timeoutSeconds: 0.2, skipMax: skip, bad: _bad);
        LentGroups groups = new();
        Workbench.Using(_bench.Open(file, file), code =>
        {
            UserCodeFault fault = Assert.Throws<UserCodeFault>(() => Run(code, attempt, groups));
            Assert.Contains("neither took a record nor emitted one for 0.2 s", fault.Message, StringComparison.Ordinal);
        });
        groups.Returned = true;
        _gate.Set();
        Assert.True(((Thread)AppDomain.CurrentDomain.GetData("stuck thread")!).Join(TimeSpan.FromSeconds(60)));
        Assert.Equal("a", AppDomain.CurrentDomain.GetData("last record"));
        Assert.False(groups.Touched);
        Assert.Empty(_bad.Records);
    }

    private static void Run(IUserCode code, AttemptContext attempt, IGroupSource groups)
    {
        if (attempt.Id.Task.Stage == TaskStage.Map)
        {
            code.Map(attempt, new RecordList("a\nb\n"u8.ToArray()), new PairList());
        }
        else
        {
            code.Reduce(attempt, groups, new PairList());
        }
    }

    /// <summary>Two groups in memory that is somebody else's after they were returned.</summary>
    private sealed class LentGroups : IGroupSource
    {
        private int _group;

        public bool Returned { get; set; }

        public bool Touched { get; private set; }

        public ReadOnlySpan<byte> Key => Touch(_group == 1 ? "a"u8 : "b"u8);

        public ReadOnlySpan<byte> Value => Touch("1"u8);

        public long Repeat => 1;

        public bool NextGroup() => Touch("1"u8).Length == 1 && ++_group <= 2;

        public bool NextValue() => false;

        private ReadOnlySpan<byte> Touch(ReadOnlySpan<byte> bytes)
        {
            Touched |= Returned;
            return bytes;
        }
    }
}
