using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Tests.Unit.Orchestration;

/// <summary>Word count as user code, with hooks for what a test wants to happen in it.</summary>
internal sealed class CountingCode : IUserCodeHost
{
    private int _open;

    /// <summary>Called before a map attempt reads its records.</summary>
    public Action<AttemptContext> BeforeMap { get; init; } = _ => { };

    /// <summary>Called before a reduce attempt reads its groups.</summary>
    public Action<AttemptContext> BeforeReduce { get; init; } = _ => { };

    /// <summary>Called when code is opened.</summary>
    public Action BeforeOpen { get; init; } = () => { };

    /// <summary>Records that contain this word are bad.</summary>
    public string? BadWord { get; init; }

    public ConcurrentBag<AttemptContext> Attempts { get; } = [];

    /// <summary>Completes when all code that was opened is closed again.</summary>
    public TaskCompletionSource Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Opened { get; private set; }

    public ValueTask<IUserCode> OpenAsync(JobCode code, CancellationToken cancellation)
    {
        BeforeOpen();
        lock (Attempts)
        {
            _open++;
            Opened++;
        }

        return ValueTask.FromResult<IUserCode>(new Opening(this));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class Opening(CountingCode host) : IUserCode
    {
        public ValueFormat MapOutput => ValueFormat.Text;

        public ValueFormat ReduceOutput => ValueFormat.Json;

        public IValueFold? Fold => null;

        public void Map(AttemptContext attempt, IRecordSource records, IPairSink output)
        {
            host.Attempts.Add(attempt);
            host.BeforeMap(attempt);
            while (records.TryRead(out RecordBlock block))
            {
                foreach (string line in Encoding.UTF8.GetString(block.Bytes.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries))
                {
                    Map(attempt, line, output);
                }
            }
        }

        public void Combine(AttemptContext attempt, IGroupSource groups, IPairSink output) => Sum(groups, output);

        public void Reduce(AttemptContext attempt, IGroupSource groups, IPairSink output)
        {
            host.Attempts.Add(attempt);
            host.BeforeReduce(attempt);
            Sum(groups, output);
        }

        public ValueTask DisposeAsync()
        {
            lock (host.Attempts)
            {
                if (--host._open == 0)
                {
                    host.Closed.TrySetResult();
                }
            }

            return ValueTask.CompletedTask;
        }

        private static void Sum(IGroupSource groups, IPairSink output)
        {
            while (groups.NextGroup())
            {
                long sum = 0;
                while (groups.NextValue())
                {
                    sum += Utf8Parser.TryParse(groups.Value, out long count, out _) ? count * groups.Repeat : throw new FormatException("not a count");
                }

                output.Add(groups.Key, Encoding.ASCII.GetBytes(sum.ToString(CultureInfo.InvariantCulture)));
            }
        }

        private void Map(AttemptContext attempt, string line, IPairSink output)
        {
            if (host.BadWord is not null && line.Contains(host.BadWord, StringComparison.Ordinal))
            {
                var card = new FailureCard { Stage = "map", Error = $"bad record: {line}" };
                if (attempt.SkipBadRecordsMax == 0)
                {
                    throw new UserCodeFault(card);
                }

                attempt.BadRecords!.Add(Encoding.UTF8.GetBytes(line), card);
                return;
            }

            foreach (string word in line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                output.Add(Encoding.UTF8.GetBytes(word), "1"u8);
            }

            attempt.Report.Count("test:lines", 1);
        }
    }
}
