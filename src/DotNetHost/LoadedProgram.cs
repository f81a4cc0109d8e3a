using Katanemimena.Core;
using Katanemimena.Runners;

namespace Katanemimena.DotNetHost;

/// <summary>A program of the user's, loaded and run as it would be in the engine's own process.</summary>
internal sealed class LoadedProgram
{
    private readonly IMapProgram? _mapper;
    private readonly IGroupProgram? _groups;

    private LoadedProgram(LoadRequest request, IMapProgram? mapper, IGroupProgram? groups) => (Request, _mapper, _groups) = (request, mapper, groups);

    /// <summary>What it was loaded for.</summary>
    public LoadRequest Request { get; }

    /// <summary>Format of the values it emits.</summary>
    public ValueFormat Output => _mapper?.Output ?? _groups!.Output;

    /// <summary>Loads it.</summary>
    /// <exception cref="UserCodeFault">It lacks what its contract wants, or threw.</exception>
    public static LoadedProgram Load(LoadRequest request, RecordMark mark)
    {
        UserCodeHostOptions options = new()
        {
            CacheFolder = "",
            WorkFolder = "",
            DotNetIsolation = DotNetIsolation.OwnProcess,
            HeldBytesMax = request.HeldBytesMax,
            OpenTimeout = request.OpenTimeout,
        };
        DotNetRunner runner = new(options, mark: mark);
        return request.Role == "mapper"
            ? new LoadedProgram(request, Wait(runner.OpenMapperAsync(request.Job, request.File, CancellationToken.None)), null)
            : new LoadedProgram(request, null, Wait(runner.OpenReducerAsync(request.Job, request.File, request.Role, request.Input, CancellationToken.None)));
    }

    /// <summary>Runs it over all of its input.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="input">The frames of its input.</param>
    /// <param name="output">Takes the pairs.</param>
    /// <param name="pieces">Pieces of input that were received by its end, whatever that is.</param>
    /// <exception cref="UserCodeFault">It failed.</exception>
    public void Run(AttemptContext attempt, InputFrames input, IPairSink output, out long pieces)
    {
        try
        {
            if (_mapper is not null)
            {
                _mapper.Map(attempt, input, output);
            }
            else
            {
                _groups!.Run(attempt, new PackedGroups(input), output);
            }
        }
        finally
        {
            pieces = input.Pieces;
        }
    }

    private static T Wait<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();
}
