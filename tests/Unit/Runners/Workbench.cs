using System.Text;
using Katanemimena.Core;
using Katanemimena.Runners;

namespace Katanemimena.Tests.Unit.Runners;

/// <summary>A host with folders of its own, and short ways to run user code on it.</summary>
internal sealed class Workbench : IDisposable
{
    private const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly bool _compilesHere;

    /// <param name="change">Changes options.</param>
    /// <param name="compilesHere">Whether C# files are compiled in this process, whose compiler is warm, before the host is given them.</param>
    public Workbench(Func<UserCodeHostOptions, UserCodeHostOptions>? change = null, bool compilesHere = false)
    {
        _compilesHere = compilesHere;
        Folder = Directory.CreateTempSubdirectory("katanemimena-runners-").FullName;
        UserCodeHostOptions options = new() { CacheFolder = In("cache"), WorkFolder = In("work") };
        Options = change?.Invoke(options) ?? options;
        Host = new UserCodeHost(Options);
    }

    public static JobId Job { get; } = new("local", 7);

    public string Folder { get; }

    public UserCodeHostOptions Options { get; }

    public UserCodeHost Host { get; }

    public string In(string name) => Path.Combine(Folder, name);

    /// <summary>Writes a file that can be executed.</summary>
    public string Script(string name, string content)
    {
        string path = Write(name, content);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, Executable);
        }

        return path;
    }

    public string Write(string name, string content)
    {
        File.WriteAllText(In(name), content);
        return In(name);
    }

    public CodeFile Load(string pathOrCommand, string role, CodeContract named = CodeContract.Auto) => CodeFiles.Load(pathOrCommand, role, named, In("store"));

    public IUserCode Open(string mapper, string? reducer = null, string? combiner = null)
    {
        CodeFile reduce = reducer is null ? CodeFiles.Identity : Load(reducer, "reducer");
        return Open(new JobCode(Job, Load(mapper, "mapper"), reduce, combiner is null ? null : Load(combiner, "combiner")));
    }

    public IUserCode Open(JobCode code)
    {
        foreach (CodeFile file in new[] { code.Mapper, code.Reducer, code.Combiner }.OfType<CodeFile>().Where(file => _compilesHere && file.Path.EndsWith(".cs", StringComparison.Ordinal)))
        {
            new CompiledFiles(Options.CacheFolder, RoslynCompiler.Compile).Get(file.Path, file.Name, out _);
        }

        return Host.OpenAsync(code, CancellationToken.None).AsTask().GetAwaiter().GetResult();
    }

    public static AttemptContext Attempt(
        TaskStage stage = TaskStage.Map,
        int ordinal = 1,
        double timeoutSeconds = 60,
        int skipMax = 0,
        IBadRecordSink? bad = null,
        IReadOnlyDictionary<string, string>? environment = null,
        CancellationToken cancellation = default) => new()
        {
            Id = new AttemptId(new TaskId(Job, stage, 3), "w1.5"),
            Ordinal = ordinal,
            Timeout = TimeSpan.FromSeconds(timeoutSeconds),
            SkipBadRecordsMax = skipMax,
            BadRecords = bad,
            Cancellation = cancellation,
            Environment = environment ?? new Dictionary<string, string>(),
        };

    /// <summary>Maps a text with a program.</summary>
    public PairList Map(string mapper, string text, AttemptContext? attempt = null, int blockBytes = 64)
    {
        PairList pairs = new();
        Using(Open(mapper), code => code.Map(attempt ?? Attempt(), new RecordList(Encoding.Latin1.GetBytes(text), blockBytes), pairs));
        return pairs;
    }

    /// <summary>Reduces groups with a program, as they would come from a mapper.</summary>
    public PairList Reduce(string mapper, string reducer, IGroupSource groups, AttemptContext? attempt = null)
    {
        PairList pairs = new();
        Using(Open(mapper, reducer), code => code.Reduce(attempt ?? Attempt(TaskStage.Reduce), groups, pairs));
        return pairs;
    }

    public static void Using(IUserCode code, Action<IUserCode> body)
    {
        try
        {
            body(code);
        }
        finally
        {
            code.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    /// <summary>Working folders of tasks that are still there.</summary>
    public int WorkFoldersLeft => Directory.Exists(Options.WorkFolder) ? Directory.GetDirectories(Options.WorkFolder).Length : 0;

    public void Dispose()
    {
        Host.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Directory.Delete(Folder, recursive: true);
    }
}
