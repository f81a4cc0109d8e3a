using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Katanemimena.Runners;
using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd.Matrix;

/// <summary>Every sample gives the bytes of the sequential reference, however the work is cut up.</summary>
public sealed class MatrixTests(MatrixEngine engine) : IClassFixture<MatrixEngine>, IDisposable
{
    private const long Automatic = 0;
    private static readonly long[] ChunkSizes = [1 << 10, 64 << 10, Automatic];
    private static readonly int[] Workers = [1, 3];
    private static readonly int[] Reducers = [1, 4, (int)Automatic];
    private readonly Sandbox _sandbox = new();

    public static TheoryData<string, string> Variants()
    {
        var data = new TheoryData<string, string>();
        foreach ((string sample, SampleVariant variant) in Sample.Names.SelectMany(name => Sample.Read(name).Variants.Select(variant => (name, variant))))
        {
            data.Add(sample, variant.Name);
        }

        return data;
    }

    public static TheoryData<string, string, long> VariantsByChunkSize()
    {
        var data = new TheoryData<string, string, long>();
        foreach (TheoryDataRow<string, string> row in Variants())
        {
            foreach (long chunkSize in ChunkSizes)
            {
                data.Add(row.Data.Item1, row.Data.Item2, chunkSize);
            }
        }

        return data;
    }

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task A_sample_gives_the_result_in_its_folder_by_its_contract_recognised(string name, string variant)
    {
        Sample sample = Sample.Read(name);
        byte[] expected = await File.ReadAllBytesAsync(Sample.PathOf(name, sample.Expected), TestContext.Current.CancellationToken);
        string[] input = [.. sample.Input.Select(file => Sample.PathOf(name, file))];
        Assert.Equal(Text(expected), Text(SequentialReference.Result(name, input)));

        Outcome outcome = await _sandbox.RunAsync([.. Arguments(name, sample, sample.Variant(variant), input)]);
        Assert.Equal(Text(expected), Text(outcome.Expect(0).Output));
    }

    [Theory]
    [MemberData(nameof(VariantsByChunkSize))]
    public async Task A_sample_gives_the_same_bytes_however_it_is_cut(string name, string variantName, long chunkBytes)
    {
        Sample sample = Sample.Read(name);
        SampleVariant variant = sample.Variant(variantName);
        string[] input = [.. sample.Input.Select(file => _sandbox[_sandbox.Write(file, GeneratedInput.For(name, file))])];
        byte[] expected = SequentialReference.Result(name, input);
        Assert.True(expected.Length > 0);

        var wrong = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(Cuts(variant, chunkBytes), new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (cut, cancellation) =>
        {
            byte[] found = await engine.RunAsync(name, sample, variant, input, cut, cancellation);
            if (!found.AsSpan().SequenceEqual(expected))
            {
                wrong.Add($"{cut}: {Difference(expected, found)}");
            }
        });
        Assert.True(wrong.IsEmpty, string.Join('\n', wrong));
    }

    /// <summary>All ways of cutting: workers, reducers, and the combiner off and on where there is one; .NET code once more in processes of its own.</summary>
    private static IEnumerable<Cut> Cuts(SampleVariant variant, long chunkBytes)
    {
        bool[] combining = variant.Combiner is null ? [false] : [false, true];
        return (from workers in Workers
                from reducers in Reducers
                from combine in combining
                select new Cut(chunkBytes, workers, reducers, combine))
            .Concat(
                from combine in combining
                where Path.GetExtension(variant.Mapper) == ".cs"
                select new Cut(chunkBytes, Workers[^1], Reducers[1], combine, DotNetIsolation.OwnProcess));
    }

    private static IEnumerable<string> Arguments(string name, Sample sample, SampleVariant variant, IEnumerable<string> input) =>
    [
        "run", "--quiet", "--format", sample.Format, .. input.SelectMany(file => new[] { "--data", file }),
        "--mapper", Sample.PathOf(name, variant.Mapper),
        .. variant.Reducer is null ? Array.Empty<string>() : ["--reducer", Sample.PathOf(name, variant.Reducer)],
    ];

    private static string Difference(byte[] expected, byte[] found)
    {
        int at = expected.AsSpan().CommonPrefixLength(found);
        return string.Create(CultureInfo.InvariantCulture,
            $"{found.Length} bytes for {expected.Length}, differing from byte {at}: expected {Near(expected, at)}, found {Near(found, at)}");
    }

    private static string Near(byte[] bytes, int at) => $"\"{Text(bytes[Math.Max(0, at - 20)..Math.Min(bytes.Length, at + 40)])}\"";

    private static string Text(byte[] bytes) => Encoding.Latin1.GetString(bytes);
}
