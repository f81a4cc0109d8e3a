using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Katanemimena.Core;
using Katanemimena.Runners;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.Python;

/// <summary>A runner with folders of its own, and the sequential evaluation of the same code by the interpreter alone.</summary>
internal sealed class PythonBench : IAsyncDisposable
{
    private static readonly JobId Job = new("unit", 1);
    private readonly string _folder = Directory.CreateTempSubdirectory("python-tests-").FullName;

    public PythonBench(Func<PythonOptions, PythonOptions>? change = null)
    {
        PythonOptions options = new() { CacheFolder = Path.Combine(AppContext.BaseDirectory, "python-cache"), WorkFolder = Path.Combine(_folder, "work") };
        Options = change is null ? options : change(options);
        Runner = new PythonRunner(Options);
    }

    public PythonOptions Options { get; }

    public PythonRunner Runner { get; }

    public string Folder => _folder;

    public CodeFile Write(string source, CodeContract contract = CodeContract.PythonFunctions, string name = "code.py")
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, source);
        return new CodeFile
        {
            Name = name,
            Path = path,
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(source))),
            Contract = contract,
            SourceFolder = _folder,
        };
    }

    public static AttemptContext Attempt(TimeSpan? timeout = null, int skip = 0, IBadRecordSink? bad = null, IReadOnlyDictionary<string, string>? environment = null, CancellationToken cancellation = default) => new()
    {
        Id = new AttemptId(new TaskId(Job, TaskStage.Map, 3), "t"),
        Timeout = timeout ?? TimeSpan.FromSeconds(60),
        SkipBadRecordsMax = skip,
        BadRecords = bad,
        Cancellation = cancellation,
        Environment = environment ?? new Dictionary<string, string>(),
    };

    public async Task<Pairs> MapAsync(CodeFile code, byte[] input, int blockBytes = 64 << 10, AttemptContext? attempt = null)
    {
        await using IMapProgram program = await Runner.OpenMapperAsync(Job, code, TestContext.Current.CancellationToken);
        Pairs pairs = new();
        program.Map(attempt ?? Attempt(), new MemoryRecords(input, blockBytes), pairs);
        return pairs;
    }

    public Task<Pairs> MapAsync(CodeFile code, string input, AttemptContext? attempt = null) => MapAsync(code, Encoding.UTF8.GetBytes(input), attempt: attempt);

    public async Task<Pairs> ReduceAsync(CodeFile code, MemoryGroups groups, ValueFormat input = ValueFormat.Json, AttemptContext? attempt = null, string role = "reducer")
    {
        await using IGroupProgram program = await Runner.OpenReducerAsync(Job, code, role, input, TestContext.Current.CancellationToken);
        Pairs pairs = new();
        program.Run(attempt ?? Attempt(), groups, pairs);
        return pairs;
    }

    /// <summary>Runs a script that writes pairs as lines of two hexadecimal fields; <c>pair(key, value)</c> writes one as JSON has it.</summary>
    public Pairs Evaluate(string source, string script, byte[] input)
    {
        const string prelude = """
            import json, sys
            data = sys.stdin.buffer.read()
            def encoded(text): return text.encode("utf-8", "surrogateescape").hex() + "-"
            def pair(key, value):
                key = list(json.loads(json.dumps({key: 0})))[0]
                print(encoded(key), encoded(json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)))
            def records():
                at = 0
                for line in data.split(b"\n") if data.endswith(b"\n") or not data else (data + b"\n").split(b"\n"):
                    yield at, line.decode("utf-8", "surrogateescape")
                    at += len(line) + 1
            def all_records():
                found = list(records())
                return found[:-1]

            """;
        string output = Python(prelude + source + "\n" + script, input);
        Pairs pairs = new();
        foreach (string line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] fields = line.Split(' ');
            pairs.Add(Convert.FromHexString(fields[0].TrimEnd('-')), Convert.FromHexString(fields[1].TrimEnd('-')));
        }

        return pairs;
    }

    public string Python(string script, byte[] input)
    {
        string file = Path.Combine(_folder, "reference.py");
        File.WriteAllText(file, script);
        ProcessStartInfo start = new(new PythonInterpreter(Options).Path, [file]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["PYTHONHASHSEED"] = "0";
        using Process process = Process.Start(start)!;
        process.StandardInput.BaseStream.Write(input);
        process.StandardInput.Close();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    public async ValueTask DisposeAsync()
    {
        await Runner.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>Records in memory, in blocks of about a size.</summary>
internal sealed class MemoryRecords(byte[] bytes, int blockBytes = 64 << 10) : IRecordSource
{
    private int _at;
    private byte[] _block = [];

    public bool TryRead(out RecordBlock block)
    {
        Array.Fill(_block, (byte)'!');   // the block before is gone
        block = default;
        if (_at >= bytes.Length)
        {
            return false;
        }

        int end = Math.Min(_at + blockBytes, bytes.Length) - 1;
        int lineFeed = Array.IndexOf(bytes, (byte)'\n', end);
        end = lineFeed < 0 ? bytes.Length : lineFeed + 1;
        _block = bytes[_at..end];
        block = new RecordBlock(_block, _at, "input.txt");
        _at = end;
        return true;
    }
}

/// <summary>Pairs as they came.</summary>
internal sealed class Pairs : IPairSink
{
    public List<(byte[] Key, byte[] Value)> All { get; } = [];

    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => All.Add((key.ToArray(), value.ToArray()));

    /// <summary>Each pair as a line; bytes are shown as Latin-1 characters, so that every one is seen.</summary>
    public string[] Lines => [.. All.Select(pair => $"{Encoding.Latin1.GetString(pair.Key)}\t{Encoding.Latin1.GetString(pair.Value)}")];
}

/// <summary>Groups in memory.</summary>
internal sealed class MemoryGroups(IEnumerable<(byte[] Key, IEnumerable<(byte[] Value, long Repeat)> Values)> groups) : IGroupSource
{
    private readonly IEnumerator<(byte[] Key, IEnumerable<(byte[] Value, long Repeat)> Values)> _groups = groups.GetEnumerator();
    private IEnumerator<(byte[] Value, long Repeat)> _values = Enumerable.Empty<(byte[], long)>().GetEnumerator();

    public ReadOnlySpan<byte> Key => _groups.Current.Key;

    public ReadOnlySpan<byte> Value => _values.Current.Value;

    public long Repeat => _values.Current.Repeat;

    public static MemoryGroups Of(params (string Key, string[] Values)[] groups) =>
        new(groups.Select(group => (Encoding.UTF8.GetBytes(group.Key), group.Values.Select(value => (Encoding.UTF8.GetBytes(value), 1L)))));

    public static MemoryGroups Of(Pairs pairs) => new(pairs.All
        .GroupBy(pair => Convert.ToHexString(pair.Key), StringComparer.Ordinal)
        .OrderBy(group => group.Key, StringComparer.Ordinal)
        .Select(group => (Convert.FromHexString(group.Key), group.Select(pair => (pair.Value, 1L)))));

    public bool NextGroup()
    {
        bool found = _groups.MoveNext();
        _values = found ? _groups.Current.Values.GetEnumerator() : _values;
        return found;
    }

    public bool NextValue() => _values.MoveNext();
}

/// <summary>Records set aside.</summary>
internal sealed class SetAside : IBadRecordSink
{
    public List<(string Record, FailureCard Card)> All { get; } = [];

    public void Add(ReadOnlySpan<byte> record, FailureCard card) => All.Add((Encoding.UTF8.GetString(record), card));
}
