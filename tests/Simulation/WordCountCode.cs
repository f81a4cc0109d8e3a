using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Tests.Simulation;

/// <summary>Word count as user code: words are divided by spaces; values are decimal counts.</summary>
internal sealed class WordCountCode : IUserCode
{
    public ValueFormat MapOutput => ValueFormat.Text;

    public ValueFormat ReduceOutput => ValueFormat.Text;

    public IValueFold? Fold => null;

    public void Map(AttemptContext attempt, IRecordSource records, IPairSink output)
    {
        while (records.TryRead(out RecordBlock block))
        {
            ReadOnlySpan<byte> text = block.Bytes.Span;
            foreach (Range word in text.SplitAny(" \n"u8))
            {
                if (!text[word].IsEmpty)
                {
                    output.Add(text[word], "1"u8);
                }
            }
        }
    }

    public void Combine(AttemptContext attempt, IGroupSource groups, IPairSink output) => Reduce(attempt, groups, output);

    public void Reduce(AttemptContext attempt, IGroupSource groups, IPairSink output)
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

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
