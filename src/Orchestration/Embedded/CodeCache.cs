using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>The user's code that one worker has open, by job: opened once, ahead of the first task if there is time, and kept until the job ends.</summary>
internal sealed class CodeCache(IUserCodeHost host) : IJobCode, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<JobId, Opening> _open = [];

    /// <inheritdoc/>
    public async ValueTask<IUserCode> OpenAsync(JobId job, JobSpec spec, CancellationToken cancellation)
    {
        Opening opening = Open(job, spec);
        try
        {
            return await opening.Code.WaitAsync(cancellation);
        }
        catch when (opening.Code.IsFaulted || opening.Code.IsCanceled)
        {
            Forget(job, opening);
            throw;
        }
    }

    /// <inheritdoc/>
    public SandboxLevel LevelOf(JobId job, JobSpec spec) => host.LevelOf(JobCode.Of(job, spec));

    /// <summary>Begins to open a job's code. What goes wrong is told to the first attempt that needs it.</summary>
    public void Warm(JobId job, JobSpec spec) => Open(job, spec).Code.ContinueWith(
        static opening => _ = opening.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    /// <summary>Closes a job's code, which no attempt uses any more. If it is still being opened, that is ended.</summary>
    public async ValueTask CloseAsync(JobId job)
    {
        Opening? opening;
        lock (_gate)
        {
            _open.Remove(job, out opening);
        }

        if (opening is not null)
        {
            await CloseAsync(opening);
        }
    }

    /// <summary>Closes all.</summary>
    public async ValueTask DisposeAsync()
    {
        List<Opening> all;
        lock (_gate)
        {
            all = [.. _open.Values];
            _open.Clear();
        }

        all.ForEach(opening => opening.Ends.Cancel());
        foreach (Opening opening in all)
        {
            await CloseAsync(opening);
        }
    }

    private static async ValueTask CloseAsync(Opening opening)
    {
        opening.Ends.Cancel();
        using CancellationTokenSource ends = opening.Ends;
        IUserCode code;
        try
        {
            code = await opening.Code;
        }
        catch (Exception e) when (e is UserCodeFault or TransientFault or PermanentFault or OperationCanceledException)
        {
            return;
        }

        await code.DisposeAsync();
    }

    private Opening Open(JobId job, JobSpec spec)
    {
        lock (_gate)
        {
            if (!_open.TryGetValue(job, out Opening? opening))
            {
                var ends = new CancellationTokenSource();
                _open[job] = opening = new Opening(StartAsync(JobCode.Of(job, spec), ends.Token), ends);
            }

            return opening;
        }
    }

    private async Task<IUserCode> StartAsync(JobCode code, CancellationToken cancellation)
    {
        await Task.Yield();
        return await host.OpenAsync(code, cancellation);
    }

    private void Forget(JobId job, Opening opening)
    {
        lock (_gate)
        {
            if (_open.TryGetValue(job, out Opening? current) && current == opening)
            {
                _open.Remove(job);
            }
        }
    }

    /// <summary>Code that is open or being opened, and what ends the opening.</summary>
    private sealed record Opening(Task<IUserCode> Code, CancellationTokenSource Ends);
}
