using System.Diagnostics.CodeAnalysis;
using BenchmarkDotNet.Attributes;
using Katanemimena.Bench.Data;
using Katanemimena.Core;
using Katanemimena.DataPath;

namespace Katanemimena.Stages;

/// <summary>The stages of the data path, each over an input of <see cref="InputBytes"/> and on one thread, as a worker runs them.</summary>
/// <remarks>Allocated bytes are to stay small whatever the input: nothing in the path allocates by the record.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "The runner, which wants no sealed class, calls the cleanup.")]
public class DataPathStages
{
    private const int Runs = 8;
    private const int Parts = 4;

    private readonly StageRig _rig = new();
    private InputFile _text = null!;
    private InputFile _numbers = null!;
    private InputFile _records = null!;
    private IReadOnlyList<RunReference> _runs = [];
    private IReadOnlyList<RunReference> _parts = [];

    /// <summary>Size of each stage's input.</summary>
    public static long InputBytes { get; set; } = 32L << 20;

    [GlobalSetup]
    public void SetUp()
    {
        _text = _rig.Input(DataSet.Text, InputBytes);
        _numbers = _rig.Input(DataSet.UserNumbers, InputBytes);
        _records = _rig.Input(DataSet.SortRecords, InputBytes);
        _runs = _rig.MapAll(_numbers, Runs, Mappers.KeyAndValue);
        _parts = _rig.ReduceAll(_runs, Parts);
    }

    [GlobalCleanup]
    public void CleanUp() => _rig.Dispose();

    [Benchmark(Description = "chunk: read records")]
    public void Read() => Map(_text, Mappers.Drop, combine: false);

    [Benchmark(Description = "map: group words, fold, sort, write the run")]
    public void Fold() => Map(_text, Mappers.Words, combine: true);

    [Benchmark(Description = "map: group words, sort, write the run")]
    public void Group() => Map(_text, Mappers.Words, combine: false);

    [Benchmark(Description = "map: sort many keys, write the run")]
    public void Sort() => Map(_numbers, Mappers.KeyAndValue, combine: false);

    [Benchmark(Description = "map: sort records of 100 bytes, write the run")]
    public void SortRecords() => Map(_records, Mappers.KeyAndValue, combine: false);

    [Benchmark(Description = "reduce: merge 8 runs, write 4 parts")]
    public void Merge()
    {
        foreach (var part in _rig.ReduceAll(_runs, Parts))
        {
            _rig.Delete(part);
        }
    }

    [Benchmark(Description = "result: merge 4 parts into TSV")]
    public long Result() => _rig.Result(_parts);

    private void Map(InputFile input, MapLine mapper, bool combine) =>
        _rig.Delete(_rig.Map(input, new Chunk(0, 0, input.Bytes), mapper, combine));
}
