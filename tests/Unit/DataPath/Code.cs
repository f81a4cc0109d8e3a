using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Tests.Unit.DataPath;

/// <summary>User code in the test itself.</summary>
internal sealed class Code : IUserCode
{
    public Action<IRecordSource, IPairSink> OnMap { get; init; } = Words;

    public Action<IGroupSource, IPairSink> OnCombine { get; init; } = SumText;

    public Action<IGroupSource, IPairSink> OnReduce { get; init; } = Identity;

    public ValueFormat MapOutput => ValueFormat.Text;

    public ValueFormat ReduceOutput => ValueFormat.Text;

    public IValueFold? Fold { get; init; }

    public int Combines { get; private set; }

    public void Map(AttemptContext attempt, IRecordSource records, IPairSink output) => OnMap(records, output);

    public void Combine(AttemptContext attempt, IGroupSource groups, IPairSink output)
    {
        Combines++;
        OnCombine(groups, output);
    }

    public void Reduce(AttemptContext attempt, IGroupSource groups, IPairSink output) => OnReduce(groups, output);

    public ValueTask DisposeAsync() => default;

    public static void Identity(IGroupSource groups, IPairSink output)
    {
        while (groups.NextGroup())
        {
            while (groups.NextValue())
            {
                for (long i = 0; i < groups.Repeat; i++)
                {
                    output.Add(groups.Key, groups.Value);
                }
            }
        }
    }

    public static void SumText(IGroupSource groups, IPairSink output)
    {
        while (groups.NextGroup())
        {
            output.Add(groups.Key, Encoding.ASCII.GetBytes($"{Sum(groups)}"));
        }
    }

    public static long Sum(IGroupSource groups)
    {
        long sum = 0;
        while (groups.NextValue())
        {
            sum += groups.Repeat * long.Parse(Encoding.ASCII.GetString(groups.Value), System.Globalization.CultureInfo.InvariantCulture);
        }

        return sum;
    }

    private static void Words(IRecordSource records, IPairSink output)
    {
        while (records.TryRead(out RecordBlock block))
        {
            foreach (string word in Encoding.UTF8.GetString(block.Bytes.Span).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
            {
                output.Add(Encoding.UTF8.GetBytes(word), "1"u8);
            }
        }
    }
}

/// <summary>Adds 8-byte numbers; refuses what is not one.</summary>
internal sealed class AddFold : IValueFold
{
    public bool TryFold(Span<byte> accumulator, ReadOnlySpan<byte> value, long repeat)
    {
        if (accumulator.Length != 8)
        {
            return false;
        }

        BitConverter.TryWriteBytes(accumulator, BitConverter.ToInt64(accumulator) + (repeat * BitConverter.ToInt64(value)));
        return true;
    }
}
