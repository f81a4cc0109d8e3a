using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>A streaming reducer or combiner.</summary>
internal sealed class StreamingGroupProgram(StreamingRunner runner, CodeFile file, string role, ValueFormat input, bool escape)
    : StreamingProgram(runner, file, role), IGroupProgram
{
    private const int BatchBytes = 256 << 10;
    private const int OneGroupBytes = 16 << 20;
    private readonly LineShape _shape = role == "reducer" ? LineShape.Verbatim : escape ? LineShape.Escaped : LineShape.Pair;

    /// <inheritdoc/>
    public ValueFormat Output => _shape == LineShape.Verbatim ? ValueFormat.Line : ValueFormat.Text;

    /// <inheritdoc/>
    public IValueFold? Fold => null;

    /// <inheritdoc/>
    public void Run(AttemptContext attempt, IGroupSource groups, IPairSink output)
    {
        // A combiner's bad key is not set aside: other map tasks' values of it would remain, and the result would be silently wrong.
        RememberedGroups? remembered = Isolates(attempt) && _shape == LineShape.Verbatim ? new RememberedGroups(groups) : null;
        GroupLines lines = new(remembered ?? groups, input, escape);
        LineOutput parser = new(output, _shape, Options.RecordBytesMax);
        SortedDictionary<string, string> variables = StreamingEnvironment.ForReduce(attempt.Id, attempt.Ordinal);
        if (remembered is not null)
        {
            Isolate(attempt, variables, remembered, lines, parser);
        }
        else
        {
            Run(attempt, variables, new GroupFeed(lines), parser, card => lines.Groups == 0 ? card : card with
            {
                Error = string.Create(CultureInfo.InvariantCulture, $"{card.Error} (it had been given {lines.Groups} keys or a part of them)"),
            });
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Isolate(AttemptContext attempt, SortedDictionary<string, string> variables, RememberedGroups remembered, GroupLines lines, LineOutput parser)
    {
        int setAside = 0;
        ByteBuffer batch = new(BatchBytes + 4096);
        List<(int Start, RememberedKey Key)> keys = [];
        while (lines.NextGroup())
        {
            int start = batch.Length;
            if (!lines.Fill(batch, start + OneGroupBytes))
            {
                // Too large to be kept for a second try. It gets none: alone in its process, it is the bad one if that fails.
                IsolateBatch(attempt, variables, batch.Memory[..start], keys.ToArray(), parser, ref setAside);
                IsolateOne(attempt, variables, new OneGroupFeed(batch.Memory[start..], lines), remembered.Take(), parser, ref setAside);
                batch.Clear();
                keys.Clear();
                continue;
            }

            keys.Add((start, remembered.Take()));
            if (batch.Length >= BatchBytes)
            {
                IsolateBatch(attempt, variables, batch.Memory, keys.ToArray(), parser, ref setAside);
                batch.Clear();
                keys.Clear();
            }
        }

        IsolateBatch(attempt, variables, batch.Memory, keys.ToArray(), parser, ref setAside);
    }

    private void IsolateBatch(
        AttemptContext attempt, SortedDictionary<string, string> variables, ReadOnlyMemory<byte> bytes, ReadOnlyMemory<(int Start, RememberedKey Key)> keys, LineOutput parser, ref int setAside)
    {
        if (keys.Length <= 1)
        {
            if (keys.Length == 1)
            {
                IsolateOne(attempt, variables, new MemoryFeed(bytes), keys.Span[0].Key, parser, ref setAside);
            }

            return;
        }

        if (TryHeld(attempt, variables, new MemoryFeed(bytes), out _) is { } held)
        {
            held.MoveTo(parser);
            return;
        }

        int half = keys.Length / 2;
        int cut = keys.Span[half].Start - keys.Span[0].Start;
        IsolateBatch(attempt, variables, bytes[..cut], keys[..half], parser, ref setAside);
        IsolateBatch(attempt, variables, bytes[cut..], keys[half..], parser, ref setAside);
    }

    private void IsolateOne(
        AttemptContext attempt, SortedDictionary<string, string> variables, IFeed feed, RememberedKey key, LineOutput parser, ref int setAside)
    {
        if (TryHeld(attempt, variables, feed, out FailureCard? card) is { } held)
        {
            held.MoveTo(parser);
        }
        else
        {
            Cards.SetAside(attempt, key.Key, key.AddTo(card!), ref setAside);
        }
    }
}
