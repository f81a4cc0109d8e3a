using System.Collections.Concurrent;
using Katanemimena.DataPath;

namespace Katanemimena.Orchestration;

/// <summary>A thread that runs the data path for one worker: user code may block it or burn its processor without holding up anything else.</summary>
internal sealed class WorkerThread : ITaskExecutor, IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;

    private readonly Func<MapRequest, MapOutcome> _map;
    private readonly Func<ReduceRequest, ReduceOutcome> _reduce;

    public WorkerThread(string name, Func<MapRequest, MapOutcome> map, Func<ReduceRequest, ReduceOutcome> reduce)
    {
        (_map, _reduce) = (map, reduce);
        _thread = new Thread(Run) { Name = name, IsBackground = true };
        _thread.Start();
    }

    public Task<MapOutcome> MapAsync(MapRequest request) => RunAsync(() => _map(request));

    public Task<ReduceOutcome> ReduceAsync(ReduceRequest request) => RunAsync(() => _reduce(request));

    /// <summary>Ends the thread once it is idle.</summary>
    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }

    private Task<T> RunAsync<T>(Func<T> run)
    {
        var outcome = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                outcome.SetResult(run());
            }
            catch (Exception e)
            {
                outcome.SetException(e);
            }
        });
        return outcome.Task;
    }

    private void Run()
    {
        foreach (Action work in _work.GetConsumingEnumerable())
        {
            work();
        }
    }
}
