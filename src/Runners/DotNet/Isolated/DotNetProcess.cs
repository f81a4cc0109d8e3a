using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>A process that runs one job's .NET code, or compiles one source.</summary>
internal sealed class DotNetProcess : FramedProcess
{
    /// <summary>What the runtime needs of the memory for itself: its code, stacks and tables.</summary>
    private const long RuntimeBytes = 96L << 20;

    /// <summary>Longest time that it may take to come up, before it has anything of the user's.</summary>
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(1);

    private readonly UserCodeHostOptions _options;
    private readonly MarkFile _mark;

    private DotNetProcess(ChildProcess child, string folder, MarkFile mark, UserCodeHostOptions options)
        : base(child, folder) => (_mark, _options) = (mark, options);

    /// <summary>The job whose code it runs; null before the first.</summary>
    public JobId? Job { get; set; }

    /// <summary>Programs loaded, by what tells them apart: the numbers they are known by, and the format of their output.</summary>
    public Dictionary<string, (int Number, ValueFormat Output)> Programs { get; } = [];

    /// <summary>Whether it runs an attempt; else it compiles, loads or waits.</summary>
    public bool IsRunning { get; set; }

    /// <summary>Pieces of input that it was sent.</summary>
    public long PiecesSent { get; set; }

    /// <inheritdoc/>
    protected override int FrameBytesMax => (int)Math.Min(Array.MaxLength - Frame.HeadBytes, (2L * _options.RecordBytesMax) + (1 << 20));

    /// <inheritdoc/>
    protected override ProgramFailure TooLong => Frame.Foreign();

    /// <summary>What of the user's it may read in a sandbox; null before it is known.</summary>
    public string? Module { get; set; }

    /// <summary>Starts a process and waits until it is up.</summary>
    /// <param name="options">Where, and within which limits.</param>
    /// <param name="confinement">How it is kept from all else.</param>
    /// <param name="reads">Full paths of all files and folders that it reads; in a sandbox it sees no others.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="PermanentFault">The program that it would run is missing, or what runs it.</exception>
    /// <exception cref="ProgramFailure">It did not come up.</exception>
    public static DotNetProcess Start(UserCodeHostOptions options, Confinement confinement, IReadOnlyList<string> reads, CancellationToken cancellation)
    {
        if (Array.Find([HostFiles.Program, HostFiles.Muxer], file => !File.Exists(file)) is { } missing)
        {
            throw new PermanentFault($"{missing} is missing, without which .NET code cannot run in a process of its own: publish the host beside this program, and run both on an installed framework") { OfMachine = true };
        }

        string folder = WorkFolders.Create(options.WorkFolder);
        MarkFile? mark = null;
        DotNetProcess? process = null;
        try
        {
            mark = new MarkFile(folder);
            var launch = new Launch(
                HostFiles.Muxer,
                ["exec", "--fx-version", Path.GetFileName(HostFiles.Framework), HostFiles.Program],
                folder,
                Launch.CleanEnvironment(folder, Variables(options)),
                options.ProcessMemoryBytesMax,
                options.ProcessFileBytesMax)
            { Reads = reads };
            process = new DotNetProcess(confinement.Start(launch), folder, mark, options);
            process.ComeUp(cancellation);
            return process;
        }
        catch
        {
            process?.Dispose();
            mark?.Dispose();
            WorkFolders.Remove(folder);
            throw;
        }
    }

    /// <summary>Where its code is, or was when it ended.</summary>
    /// <inheritdoc cref="MarkFile.Read"/>
    public long ReadMark(out long start) => _mark.Read(out start);

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _mark.Dispose();
    }

    /// <inheritdoc/>
    protected override bool IsKnown(ReadOnlySpan<byte> head) => HostFrame.IsFromProcess(head);

    /// <inheritdoc/>
    protected override ProgramFailure TimedOut(TimeSpan silence) => IsRunning
        ? base.TimedOut(silence)
        : new ProgramFailure(string.Create(CultureInfo.InvariantCulture, $"was not ready within {silence.TotalSeconds:0.###} s and was ended; raise the task timeout if it needs longer"));

    // Nothing of the user's is there yet that could be to blame, so what it, or bubblewrap, says counts.
    private void ComeUp(CancellationToken cancellation)
    {
        try
        {
            _ = Receive(StartTimeout, cancellation).Kind == HostFrame.Ready ? true : throw Frame.Foreign();
        }
        catch (ProgramFailure failure) when (Errors.Text.TrimEnd() is { Length: > 0 } said)
        {
            throw new ProgramFailure($"{failure.Message}; its last line on stderr: {said[(said.LastIndexOf('\n') + 1)..]}", failure.ExitCode);
        }
    }

    // The heap's limit is below the process's, so that code which eats memory sees an OutOfMemoryException that can be put on a card.
    // Without W^X, which guards code against itself, pages of code are not mapped twice.
    private static IEnumerable<KeyValuePair<string, string>> Variables(UserCodeHostOptions options)
    {
        yield return new("DOTNET_EnableWriteXorExecute", "0");
        yield return new("DOTNET_TieredPGO", "0");
        if (options.ProcessMemoryBytesMax > 0)
        {
            long heap = Math.Max(options.ProcessMemoryBytesMax / 2, options.ProcessMemoryBytesMax - RuntimeBytes);
            yield return new("DOTNET_GCHeapHardLimit", heap.ToString("X", CultureInfo.InvariantCulture));
        }
    }
}
