using Xunit;

namespace Katanemimena.Tests.Contracts;

/// <summary>How tests wait: for a condition, with a limit.</summary>
public static class Waiting
{
    /// <summary>How long a test waits for what must happen before it calls it a failure.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Waits for a task that must end.</summary>
    public static Task<T> InTimeAsync<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Limit);

    /// <summary>Waits for a task that must end.</summary>
    public static Task<T> InTimeAsync<T>(this Task<T> task) => task.WaitAsync(Limit);

    /// <summary>Waits for a task that must end.</summary>
    public static Task InTimeAsync(this Task task) => task.WaitAsync(Limit);

    /// <summary>Waits until a condition holds, looking again and again.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="what">What is waited for, for the message.</param>
    /// <param name="limit">How long; default <see cref="Limit"/>.</param>
    public static async Task UntilAsync(Func<ValueTask<bool>> condition, string what, TimeSpan? limit = null)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < (limit ?? Limit), $"waited {limit ?? Limit} in vain: {what}");
            await PassAsync(TimeSpan.FromMilliseconds(5));
        }
    }

    /// <summary>Lets real time pass, at least as long as said: for backends that have their own clock.</summary>
    /// <param name="time">How long.</param>
    /// <param name="stop">Ends it early, without an exception.</param>
    public static async ValueTask PassAsync(TimeSpan time, CancellationToken stop = default)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(start) is var passed && passed < time)
        {
            TaskCompletionSource rung = new(TaskCreationOptions.RunContinuationsAsynchronously);
            TimeSpan left = TimeSpan.FromMilliseconds(Math.Ceiling((time - passed).TotalMilliseconds));
            await using ITimer timer = TimeProvider.System.CreateTimer(_ => rung.TrySetResult(), null, left, Timeout.InfiniteTimeSpan);
            await using CancellationTokenRegistration stopped = stop.Register(() => rung.TrySetResult());
            await rung.Task;
            if (stop.IsCancellationRequested)
            {
                return;
            }
        }
    }
}
