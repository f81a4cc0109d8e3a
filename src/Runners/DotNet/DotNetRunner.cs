using System.Globalization;
using System.Runtime.CompilerServices;
using Katanemimena.Core;
using Katanemimena.Sdk;
using ValueFormat = Katanemimena.Core.ValueFormat;

namespace Katanemimena.Runners;

/// <summary>Runs .NET code in this process: <c>.cs</c> files, compiled once, and assemblies.</summary>
/// <remarks>In process: code that ends the process, overflows its stack or loops for ever cannot be contained; a loop fails the attempt and leaves its thread behind.</remarks>
internal sealed class DotNetRunner : ICodeRunner
{
    private readonly UserCodeHostOptions _options;
    private readonly RecordMark? _mark;
    private readonly CompiledFiles _compiled;
    private readonly SemaphoreSlim _gate = new(1);
    private readonly Dictionary<(string Path, string? Folder), Type[]> _loaded = [];

    /// <summary>Makes a runner that compiles with Roslyn, or with a compiler of the caller's.</summary>
    /// <param name="options">Options.</param>
    /// <param name="compile">The compiler.</param>
    /// <param name="mark">Where mappers mark the record they are at, if somebody else wants to know.</param>
    public DotNetRunner(UserCodeHostOptions options, CompileSource? compile = null, RecordMark? mark = null)
    {
        _options = options;
        _mark = mark;
        _compiled = new CompiledFiles(options.CacheFolder, compile ?? CompileWithRoslyn);
    }

    /// <inheritdoc/>
    public async ValueTask<IMapProgram> OpenMapperAsync(JobId job, CodeFile file, CancellationToken cancellation)
    {
        UserType type = await FindAsync(job, file, "mapper", cancellation);
        ValueFormat format = FormatOf(job, file, "mapper", () => type.Create<IMapper>(null).Output, cancellation);
        return new DotNetMapper(file, type, format, _options, _mark);
    }

    /// <inheritdoc/>
    public async ValueTask<IGroupProgram> OpenReducerAsync(JobId job, CodeFile file, string role, ValueFormat input, CancellationToken cancellation)
    {
        UserType type = await FindAsync(job, file, role, cancellation);
        ValueFormat format = role == "reducer" ? FormatOf(job, file, role, () => type.Create<IReducer>(null).Output, cancellation) : input;
        IFoldCombiner? fold = role == "combiner" && type.Is<IFoldCombiner>()
            ? OnThread(job, file, role, () => type.Create<IFoldCombiner>(null), cancellation)
            : null;
        return new DotNetGroupProgram(file, role, type, format, _options, fold is null ? null : new UserFold(file, fold));
    }

    /// <summary>A file is not there.</summary>
    public static UserCodeFault Gone(JobId job, CodeFile file, string role) => Cards.AtOpen(job, file, role, $"the {role} '{file.Name}' is gone: there is no file {file.Path}");

    /// <summary>A source does not compile.</summary>
    public static UserCodeFault Broken(JobId job, CodeFile file, string role, IReadOnlyList<string> errors)
    {
        string more = errors.Count > 1 ? $" (and {errors.Count - 1} more)" : "";
        return new UserCodeFault(Cards.AtOpen(job, file, role, $"the {role} '{file.Name}' does not compile: {errors[0]}{more}").Card with
        {
            Traceback = string.Join('\n', errors),
        });
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _gate.Dispose();
        return ValueTask.CompletedTask;
    }

    // The only mention of the compiler's types outside of it, in a method of its own so that they load only when it is called.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static IReadOnlyList<string> CompileWithRoslyn(byte[] source, string name, Stream output) => RoslynCompiler.Compile(source, name, output);

    private ValueFormat FormatOf(JobId job, CodeFile file, string role, Func<Sdk.ValueFormat> output, CancellationToken cancellation) =>
        OnThread(job, file, role, output, cancellation) == Sdk.ValueFormat.Json ? ValueFormat.Json : ValueFormat.Text;

    // User code runs as soon as an object is made: constructors, static ones and module initialisers may block as well as anything else.
    private T OnThread<T>(JobId job, CodeFile file, string role, Func<T> make, CancellationToken cancellation)
    {
        using UserThread thread = new();
        T made = default!;
        try
        {
            thread.Run(_options.OpenTimeout, _ => made = make(), cancellation);
            return made;
        }
        catch (TimeoutException) when (thread.Abandoned)
        {
            throw Cards.AtOpen(job, file, role, string.Create(CultureInfo.InvariantCulture,
                $"the {role} '{file.Name}' was not ready within {_options.OpenTimeout.TotalSeconds:0.###} s: its constructor, static constructor or Output does not return; {(_options.DotNetIsolation == DotNetIsolation.OwnProcess ? "its process was ended" : "its thread is left behind until the process ends")}"));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw;
        }
        catch (UserCodeFault fault)
        {
            throw new UserCodeFault(fault.Card with { Job = job.ToString() }, fault.InnerException);
        }
        catch (Exception e)
        {
            throw UserExceptions.Fault(Cards.AtOpen(job, file, role, "").Card, e);
        }
    }

    private async ValueTask<UserType> FindAsync(JobId job, CodeFile file, string role, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            if (!_loaded.TryGetValue((file.Path, file.SourceFolder), out Type[]? types))
            {
                types = await Task.Run(() => UserAssembly.TypesOf(job, file, role, AssemblyOf(job, file, role)), cancellation);
                _loaded.Add((file.Path, file.SourceFolder), types);
            }

            return UserType.Find(job, file, role, types);
        }
        finally
        {
            _gate.Release();
        }
    }

    private string AssemblyOf(JobId job, CodeFile file, string role)
    {
        if (!File.Exists(file.Path))
        {
            throw Gone(job, file, role);
        }

        if (Path.GetExtension(file.Path) == ".dll")
        {
            return Path.GetFullPath(file.Path);
        }

        return _compiled.Get(file.Path, file.Name, out IReadOnlyList<string> errors) ?? throw Broken(job, file, role, errors);
    }
}
