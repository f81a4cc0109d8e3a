using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>The user's code that one worker has open, by job: opened once, ahead of the first task if there is time, and kept until the job ends.</summary>
internal sealed class CodeCache(IUserCodeHost host) : IJobCode, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<JobId, Task<IUserCode>> _open = [];
    private readonly CancellationTokenSource _ends = new();

    /// <inheritdoc/>
    public async ValueTask<IUserCode> OpenAsync(JobId job, JobSpec spec, CancellationToken cancellation)
    {
        Task<IUserCode> opening = Opening(job, spec);
        try
        {
            return await opening.WaitAsync(cancellation);
        }
        catch when (opening.IsFaulted || opening.IsCanceled)
        {
            Forget(job, opening);
            throw;
        }
    }

    /// <summary>Begins to open a job's code. What goes wrong is told to the first attempt that needs it.</summary>
    public void Warm(JobId job, JobSpec spec) => Opening(job, spec).ContinueWith(
        static opening => _ = opening.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    /// <summary>Closes a job's code, which no attempt uses any more.</summary>
    public async ValueTask CloseAsync(JobId job)
    {
        Task<IUserCode>? opening;
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
        _ends.Cancel();
        List<Task<IUserCode>> all;
        lock (_gate)
        {
            all = [.. _open.Values];
            _open.Clear();
        }

        foreach (Task<IUserCode> opening in all)
        {
            await CloseAsync(opening);
        }

        _ends.Dispose();
    }

    private static async ValueTask CloseAsync(Task<IUserCode> opening)
    {
        IUserCode code;
        try
        {
            code = await opening;
        }
        catch (Exception e) when (e is UserCodeFault or TransientFault or PermanentFault or OperationCanceledException)
        {
            return;
        }

        await code.DisposeAsync();
    }

    private Task<IUserCode> Opening(JobId job, JobSpec spec)
    {
        lock (_gate)
        {
            if (!_open.TryGetValue(job, out Task<IUserCode>? opening))
            {
                _open[job] = opening = StartAsync(new JobCode(job, spec.Mapper, spec.Reducer, spec.Combiner));
            }

            return opening;
        }
    }

    private async Task<IUserCode> StartAsync(JobCode code)
    {
        await Task.Yield();
        return await host.OpenAsync(code, _ends.Token);
    }

    private void Forget(JobId job, Task<IUserCode> opening)
    {
        lock (_gate)
        {
            if (_open.TryGetValue(job, out Task<IUserCode>? current) && current == opening)
            {
                _open.Remove(job);
            }
        }
    }
}
