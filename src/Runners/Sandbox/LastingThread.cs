using System.Collections.Concurrent;

namespace Katanemimena.Runners;

/// <summary>A thread that lives as long as the process and starts those that are to die with it.</summary>
/// <remarks>The kernel takes the end of the thread that started a process for the end of its parent (prctl(2), PR_SET_PDEATHSIG). Threads of the
/// pool, and those of workers, end earlier.</remarks>
internal static class LastingThread
{
    private static readonly BlockingCollection<Action> s_work = [];

    static LastingThread() => new Thread(Work) { Name = "starts processes", IsBackground = true }.Start();

    /// <summary>Runs something on it and waits.</summary>
    public static T Run<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        s_work.Add(() =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task.GetAwaiter().GetResult();
    }

    private static void Work()
    {
        foreach (Action work in s_work.GetConsumingEnumerable())
        {
            work();
        }
    }
}
