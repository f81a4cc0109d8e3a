using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>A host of user code that opens a job's code before the job is submitted, so that interpreters start while the engine does. Safe for several threads.</summary>
/// <param name="host">Opens the code; owned.</param>
public sealed class EarlyCode(IUserCodeHost host) : IUserCodeHost
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _ends = new();
    private JobCode? _code;
    private Task<IUserCode>? _opening;

    /// <summary>Begins to open code, once for each of these. What goes wrong is told to the first who asks for it.</summary>
    /// <param name="code">The code, with the id that the job will have.</param>
    public void Begin(JobCode code)
    {
        lock (_gate)
        {
            Invariant.Holds(_opening is null, "one job's code is opened early");
            (_code, _opening) = (code, OpenEarlyAsync(code));
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IUserCode> OpenAsync(JobCode code, CancellationToken cancellation)
    {
        if (Take(code) is not { } opening)
        {
            return await host.OpenAsync(code, cancellation);
        }

        try
        {
            return await opening.WaitAsync(cancellation);
        }
        catch when (!opening.IsFaulted && !opening.IsCanceled)
        {
            GiveBack(opening);
            throw;
        }
    }

    /// <inheritdoc/>
    public SandboxLevel LevelOf(JobCode code) => host.LevelOf(code);

    /// <summary>Closes what nobody asked for, and the host.</summary>
    public async ValueTask DisposeAsync()
    {
        _ends.Cancel();
        if (Take(_code) is { } opening)
        {
            await CloseAsync(opening);
        }

        await host.DisposeAsync();
        _ends.Dispose();
    }

    private static async ValueTask CloseAsync(Task<IUserCode> opening)
    {
        await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (opening.IsCompletedSuccessfully)
        {
            await (await opening).DisposeAsync();
        }
    }

    private async Task<IUserCode> OpenEarlyAsync(JobCode code)
    {
        await Task.Yield();
        return await host.OpenAsync(code, _ends.Token);
    }

    private Task<IUserCode>? Take(JobCode? code)
    {
        lock (_gate)
        {
            Task<IUserCode>? taken = code is not null && code == _code ? _opening : null;
            _opening = taken is null ? _opening : null;
            return taken;
        }
    }

    private void GiveBack(Task<IUserCode> opening)
    {
        lock (_gate)
        {
            _opening = opening;
        }
    }
}
