using Microsoft.AspNetCore.Http;

namespace Katanemimena.TriggerHost;

/// <summary>One function of an app.</summary>
/// <param name="Name">Its folder's name, and so the path it is called by: letters, digits, <c>_</c> and <c>-</c>, a letter first.</param>
public abstract record FunctionDefinition(string Name)
{
    /// <summary>What starts it.</summary>
    public abstract FunctionTrigger Trigger { get; }
}

/// <summary>A function that answers requests.</summary>
/// <param name="Name">Its name.</param>
/// <param name="On">Its trigger.</param>
/// <param name="Handle">Answers one request; it sets status and body, also of errors.</param>
public sealed record HttpFunction(string Name, FunctionTrigger.Http On, RequestDelegate Handle) : FunctionDefinition(Name)
{
    /// <inheritdoc/>
    public override FunctionTrigger Trigger => On;
}

/// <summary>A function that takes messages.</summary>
/// <param name="Name">Its name.</param>
/// <param name="On">Its trigger.</param>
/// <param name="Handle">Takes one message's body. Any exception gives the message back; the body is all it is told, since what else the runtime says can be
/// overwritten by whoever sent the message.</param>
public sealed record QueueFunction(string Name, FunctionTrigger.Queue On, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> Handle) : FunctionDefinition(Name)
{
    /// <summary>Most messages in hand at once, whatever host.json allows; default no bound of its own. A message in hand that waits for its turn is hidden from
    /// whoever could take it, and for a while even after this process has died.</summary>
    public int InHandMax { get; init; } = int.MaxValue;

    /// <inheritdoc/>
    public override FunctionTrigger Trigger => On;
}

/// <summary>A function that runs now and then.</summary>
/// <param name="Name">Its name.</param>
/// <param name="On">Its trigger.</param>
/// <param name="Handle">Runs once.</param>
public sealed record TimerFunction(string Name, FunctionTrigger.Timer On, Func<CancellationToken, ValueTask> Handle) : FunctionDefinition(Name)
{
    /// <inheritdoc/>
    public override FunctionTrigger Trigger => On;
}
