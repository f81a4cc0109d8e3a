using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>One worker of an embedded engine: its thread, its open code, and its loop over the task queue.</summary>
internal sealed class EmbeddedWorker : IAsyncDisposable
{
    private readonly SemaphoreSlim _busy = new(1);
    private readonly WorkerThread _thread;
    private readonly CodeCache _code;
    private readonly TaskWorker _worker;

    public EmbeddedWorker(WorkerThread thread, IUserCodeHost host, Func<ITaskExecutor, IJobCode, WorkerParts> parts)
    {
        _thread = thread;
        _code = new CodeCache(host);
        _worker = new TaskWorker(parts(_thread, _code));
    }

    /// <summary>Begins to open a job's code.</summary>
    public void Warm(JobId job, JobSpec spec) => _code.Warm(job, spec);

    /// <summary>Handles one message of the task queue.</summary>
    public async ValueTask HandleAsync(TaskMessage message, CancellationToken abort)
    {
        await _busy.WaitAsync(abort);
        try
        {
            await _worker.HandleAsync(message, abort);
        }
        finally
        {
            _busy.Release();
        }
    }

    /// <summary>Closes the code of a job that has ended, once no attempt uses it.</summary>
    public async Task CloseAsync(JobId job)
    {
        await _busy.WaitAsync();
        try
        {
            await _code.CloseAsync(job);
        }
        finally
        {
            _busy.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _busy.WaitAsync();
        await _code.DisposeAsync();
        _thread.Dispose();
        _busy.Dispose();
    }
}
