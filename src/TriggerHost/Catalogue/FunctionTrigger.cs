namespace Katanemimena.TriggerHost;

/// <summary>What starts a function.</summary>
public abstract record FunctionTrigger
{
    private FunctionTrigger()
    {
    }

    /// <summary>A request below the route prefix. Answered by the function itself, so anonymous to the runtime: who may what is decided by our own tokens.</summary>
    /// <param name="Route">Below the prefix, without a leading slash: <c>jobs/{id}</c>. Neither <c>admin</c> nor <c>runtime</c> may begin it.</param>
    /// <param name="Methods">In upper case; one or more.</param>
    public sealed record Http(string Route, IReadOnlyList<string> Methods) : FunctionTrigger;

    /// <summary>A message of a queue.</summary>
    /// <param name="Name">The queue's name; in function.json it may be given as <c>%SETTING%</c>.</param>
    /// <param name="Connection">Name of the setting that says how the queue is reached.</param>
    public sealed record Queue(string Name, string Connection) : FunctionTrigger;

    /// <summary>Time that has passed.</summary>
    /// <param name="Schedule">See <see cref="TimerSchedule"/>.</param>
    public sealed record Timer(TimerSchedule Schedule) : FunctionTrigger;
}
