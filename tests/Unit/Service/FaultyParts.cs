using Katanemimena.Core;

namespace Katanemimena.Tests.Unit.Service;

/// <summary>A queue that cannot be reached.</summary>
internal sealed class FaultyQueue(string reason) : ITaskQueue
{
    public ValueTask SendAsync(string queue, ReadOnlyMemory<byte> body, TimeSpan delay, CancellationToken cancellation) => throw new TransientFault(reason);

    public ValueTask<QueueMessage?> ReceiveAsync(string queue, TimeSpan lease, TimeSpan wait, CancellationToken cancellation) => throw new TransientFault(reason);

    public ValueTask<string?> RenewAsync(string queue, string receipt, TimeSpan lease, CancellationToken cancellation) => throw new TransientFault(reason);

    public ValueTask<bool> CompleteAsync(string queue, string receipt, CancellationToken cancellation) => throw new TransientFault(reason);

    public ValueTask<long> CountAsync(string queue, CancellationToken cancellation) => throw new TransientFault(reason);
}

/// <summary>A queue whose count hangs until it is let go, and which counts how often it was asked.</summary>
internal sealed class SlowQueue(ITaskQueue inner) : ITaskQueue
{
    private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal int Asked { get; private set; }

    internal void LetGo() => _go.TrySetResult();

    public ValueTask SendAsync(string queue, ReadOnlyMemory<byte> body, TimeSpan delay, CancellationToken cancellation) => inner.SendAsync(queue, body, delay, cancellation);

    public ValueTask<QueueMessage?> ReceiveAsync(string queue, TimeSpan lease, TimeSpan wait, CancellationToken cancellation) => inner.ReceiveAsync(queue, lease, wait, cancellation);

    public ValueTask<string?> RenewAsync(string queue, string receipt, TimeSpan lease, CancellationToken cancellation) => inner.RenewAsync(queue, receipt, lease, cancellation);

    public ValueTask<bool> CompleteAsync(string queue, string receipt, CancellationToken cancellation) => inner.CompleteAsync(queue, receipt, cancellation);

    public async ValueTask<long> CountAsync(string queue, CancellationToken cancellation)
    {
        Asked++;
        await _go.Task;
        return await inner.CountAsync(queue, CancellationToken.None);
    }
}
