using System.IO.Compression;
using System.Text;
using Katanemimena.Adapters.InMemory;
using Katanemimena.Core;
using Katanemimena.Orchestration;
using Katanemimena.Service;
using Katanemimena.Tests.Unit.Orchestration;
using Xunit;

namespace Katanemimena.Tests.Unit.Service.Datafiles;

/// <summary>Jobs that read datafiles, through a whole engine.</summary>
public sealed class DatafileJobTests
{
    private const int Mebibyte = DatafileRig.Mebibyte;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Job_over_datafiles_gives_the_bytes_that_one_over_plain_files_gives(bool gzip)
    {
        byte[] text = Text(lines: 160_000, seed: 5);
        byte[] file = gzip ? Compressed(text) : text;
        byte[] second = Text(lines: 50, seed: 6);
        Assert.True(file.Length > 2 * Mebibyte, $"{file.Length} bytes are too few for several blocks");
        Assert.NotEqual((byte)'\n', file[Mebibyte - 1]);

        using var rig = new DatafileRig();
        await rig.AddInBlocksAsync("big", file, Mebibyte);
        await rig.AddAsync("small", second);
        IReadOnlyList<InputFile> inputs = await rig.First.ResolveAsync(DatafileRig.Owner, ["*"], default);
        Assert.Equal([gzip, false], inputs.Select(input => input.Gzip));
        string result = await RunAsync(inputs, new DatafileReader(rig.Volume));
        Assert.Equal(Counted(text, second), result);
        var plain = new PlainFiles(new() { ["big"] = file, ["small"] = second });
        Assert.Equal(await RunAsync([.. inputs.Select(input => input with { Source = null })], plain), result);
    }

    [Fact]
    public async Task Job_goes_on_when_its_datafile_is_deleted_but_not_when_it_was_gone_before()
    {
        using var rig = new DatafileRig();
        byte[] text = Text(lines: 100, seed: 7);
        await rig.AddAsync("a", text);
        IReadOnlyList<InputFile> inputs = await rig.First.ResolveAsync(DatafileRig.Owner, ["a"], default);
        await rig.First.DeleteAsync(DatafileRig.Owner, "a", default);
        Assert.Equal(Counted(text), await RunAsync(inputs, new DatafileReader(rig.Volume)));
        rig.Clock.Advance(DatafileSweeper.LooseTime);
        await rig.Sweeper.SweepAsync(default);
        Assert.Contains("a: the data is gone", await ErrorAsync(inputs, new DatafileReader(rig.Volume)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Job_that_names_a_file_of_the_machine_fails()
    {
        using var rig = new DatafileRig();
        Assert.Contains("/etc/passwd is no datafile", await ErrorAsync([new InputFile("/etc/passwd", 10, false)], new DatafileReader(rig.Volume)), StringComparison.Ordinal);
    }

    [Fact]
    public void Specification_without_a_source_is_stored_as_it_always_was()
    {
        var code = new CodeFile { Name = "count", Path = "/count", Sha256 = "00", Contract = CodeContract.DotNet };
        var plain = new JobSpec { Inputs = [new InputFile("/f", 1, true)], Mapper = code, Reducer = code };
        string json = Encoding.UTF8.GetString(JobDocuments.Write(plain));
        Assert.Contains("""{"name":"/f","bytes":1,"gzip":true}""", json, StringComparison.Ordinal);
        Assert.Null(JobDocuments.ReadSpec(JobDocuments.Write(plain)).Inputs[0].Source);
        JobSpec from = plain with { Inputs = [plain.Inputs[0] with { Source = "datafile:a/b" }] };
        Assert.Equal("datafile:a/b", JobDocuments.ReadSpec(JobDocuments.Write(from)).Inputs[0].Source);
    }

    private static async Task<string> RunAsync(IReadOnlyList<InputFile> inputs, IDataFiles data)
    {
        await using var rig = new EngineRig();
        await using EmbeddedEngine engine = await StartAsync(rig, data);
        JobId job = await engine.SubmitAsync(rig.Spec(new JobOptions { ChunkBytes = 300_000, Reducers = 3, Workers = 2 }) with { Inputs = inputs }, rig.Limit);
        JobStatus status = await rig.EndAsync(engine, job);
        Assert.True(status.Phase == JobPhase.Completed, status.Error);
        return await rig.ResultAsync(engine, job);
    }

    private static async Task<string> ErrorAsync(IReadOnlyList<InputFile> inputs, IDataFiles data)
    {
        await using var rig = new EngineRig();
        await using EmbeddedEngine engine = await StartAsync(rig, data);
        JobId job = await engine.SubmitAsync(rig.Spec() with { Inputs = inputs }, rig.Limit);
        JobStatus status = await rig.EndAsync(engine, job);
        Assert.Equal(JobPhase.Failed, status.Phase);
        return status.Error!;
    }

    private static ValueTask<EmbeddedEngine> StartAsync(EngineRig rig, IDataFiles data) => EmbeddedEngine.StartAsync(
        new EngineParts
        {
            Store = rig.Store,
            Queue = rig.Queue,
            Volume = rig.Volume,
            Data = data,
            CodeHost = new CountingCode(),
            ProcessName = "process-0",
            Workers = 2,
        },
        rig.Limit);

    private static byte[] Text(int lines, int seed)
    {
        var random = new Random(seed);
        return Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, lines).Select(line => $"w{line % 97} {random.NextInt64():x16} x{random.Next(50)}\n")));
    }

    private static string Counted(params byte[][] texts) => string.Concat(
        texts.SelectMany(text => Encoding.ASCII.GetString(text).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
            .GroupBy(word => word).OrderBy(word => word.Key, StringComparer.Ordinal).Select(word => $"{word.Key}\t{word.Count()}\n"));

    private static byte[] Compressed(byte[] text)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.NoCompression))
        {
            gzip.Write(text);
        }

        return compressed.ToArray();
    }

    private sealed class PlainFiles(Dictionary<string, byte[]> files) : IDataFiles
    {
        public VolumeReader Open(InputFile file)
        {
            var volume = new InMemoryVolume();
            using (VolumeWriter writer = volume.Create("file"))
            {
                writer.Write(files[file.Name]);
                writer.Publish();
            }

            return volume.Open("file");
        }
    }
}
