using Katanemimena.Core;

namespace Katanemimena.Tests.Simulation;

/// <summary>The queue as one process reaches it: messages are lost, doubled, late and so out of order; calls fail; the process may die around a send.</summary>
internal sealed class FaultyQueue(ITaskQueue queue, SimProcess process, SimWorld world) : ITaskQueue
{
    public async ValueTask SendAsync(string name, ReadOnlyMemory<byte> body, TimeSpan delay, CancellationToken cancellation)
    {
        world.Messages++;
        await Task.Yield();
        Fail();
        await world.MayCrashAsync(process);
        for (int copies = world.Happens(world.Chaos.MessageLost) ? 0 : world.Happens(world.Chaos.MessageDoubled) ? 2 : 1; copies > 0; copies--)
        {
            TimeSpan late = world.Happens(world.Chaos.MessageDelayed) ? TimeSpan.FromMilliseconds(world.Random.Next(10_000)) : TimeSpan.Zero;
            await queue.SendAsync(name, body, delay + late, CancellationToken.None);
        }

        await world.MayCrashAsync(process);
        Fail();
    }

    public async ValueTask<QueueMessage?> ReceiveAsync(string name, TimeSpan lease, TimeSpan wait, CancellationToken cancellation)
    {
        await Task.Yield();
        Fail();
        QueueMessage? message = await queue.ReceiveAsync(name, lease, wait, cancellation);
        Fail();
        return message;
    }

    public async ValueTask<string?> RenewAsync(string name, string receipt, TimeSpan lease, CancellationToken cancellation)
    {
        await Task.Yield();
        Fail();
        return await queue.RenewAsync(name, receipt, lease, cancellation);
    }

    public async ValueTask<bool> CompleteAsync(string name, string receipt, CancellationToken cancellation)
    {
        await Task.Yield();
        Fail();
        return await queue.CompleteAsync(name, receipt, cancellation);
    }

    public async ValueTask<long> CountAsync(string name, CancellationToken cancellation)
    {
        await Task.Yield();
        Fail();
        return await queue.CountAsync(name, cancellation);
    }

    private void Fail()
    {
        if (world.Happens(world.Chaos.QueueFails))
        {
            throw new TransientFault("the queue cannot be reached");
        }
    }
}
