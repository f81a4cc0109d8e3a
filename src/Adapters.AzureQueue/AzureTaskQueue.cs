using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Katanemimena.Core;
using QueueMessage = Katanemimena.Core.QueueMessage;

namespace Katanemimena.Adapters.AzureQueue;

/// <summary>Queues of an Azure storage account, or of Azurite. Safe for several threads; any number of clients share the queues.</summary>
/// <remarks>
/// A request is sent once: whoever gets a <see cref="TransientFault"/> tries again, or lets the message be delivered again. Wrong settings
/// and credentials are a <see cref="PermanentFault"/> of the machine. Times go by the service's clock, in whole seconds: delays and leases are
/// rounded up. A queue is made when a request finds it missing, so rights to make queues are needed only where they are not there yet.
/// Messages never expire, and are in base64 as the Functions runtime reads and writes them by default; what someone else sent as
/// plain text is received as its UTF-8 bytes. Limits: Queue Service REST, Put Message, Get Messages, Update Message.
/// </remarks>
public sealed class AzureTaskQueue : ITaskQueue
{
    private static readonly TimeSpan s_never = TimeSpan.FromSeconds(-1);
    private static readonly TimeSpan s_pauseMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_pauseMax = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_lastLook = TimeSpan.FromSeconds(2);

    private readonly QueueRequests _requests;
    private readonly TimeProvider _time;

    /// <summary>Makes a client; nothing is sent yet.</summary>
    /// <param name="options">Account, credentials and names.</param>
    /// <param name="time">Wall clock of receipts, and timers of waiting.</param>
    /// <exception cref="PermanentFault">An option is missing or wrong; the message names it.</exception>
    public AzureTaskQueue(AzureQueueOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        QueueServiceClient service = QueueServices.Open(options);
        Endpoint = service.Uri.GetLeftPart(UriPartial.Path);
        _requests = new QueueRequests(service, options.NamePrefix);
        _time = time;
    }

    /// <summary>Address of the queue service, without secrets.</summary>
    public string Endpoint { get; }

    /// <inheritdoc/>
    public async ValueTask SendAsync(string queue, ReadOnlyMemory<byte> body, TimeSpan delay, CancellationToken cancellation)
    {
        QueueRules.CheckSend(queue, body.Length, delay);
        cancellation.ThrowIfCancellationRequested();
        string text = MessageText.Of(body.Span);
        await _requests.InQueueAsync(queue, client => client.SendMessageAsync(text, WholeSeconds(delay), s_never, cancellation), cancellation);
    }

    /// <inheritdoc/>
    /// <remarks>Looks again after a pause that doubles from 100 ms to 2 s. When it is cancelled, a look under way has 2 s to end, and a
    /// message that it brings is given back, so that no lease is left behind.</remarks>
    public async ValueTask<QueueMessage?> ReceiveAsync(string queue, TimeSpan lease, TimeSpan wait, CancellationToken cancellation)
    {
        QueueRules.CheckReceive(queue, lease, wait);
        long start = _time.GetTimestamp();
        TimeSpan pause = s_pauseMin;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (await LookAsync(queue, WholeSeconds(lease), cancellation) is { } message)
            {
                return message;
            }

            TimeSpan left = wait - _time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                return null;
            }

            await Task.Delay(Shorter(pause, left), _time, cancellation);
            pause = Shorter(pause * 2, s_pauseMax);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<string?> RenewAsync(string queue, string receipt, TimeSpan lease, CancellationToken cancellation)
    {
        QueueRules.CheckRenew(queue, receipt, lease);
        cancellation.ThrowIfCancellationRequested();
        TimeSpan hidden = WholeSeconds(lease);
        DateTimeOffset ends = _time.GetUtcNow() + hidden;
        return Held(receipt) is { } held ? await _requests.WithLeaseAsync(queue, RenewedAsync, cancellation) : null;

        async Task<string> RenewedAsync(QueueClient client)
        {
            UpdateReceipt renewed = await client.UpdateMessageAsync($"{held.Message:D}", held.PopReceipt, (string?)null, hidden, cancellation);
            return (held with { PopReceipt = renewed.PopReceipt, Ends = ends }).ToString();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> CompleteAsync(string queue, string receipt, CancellationToken cancellation)
    {
        QueueRules.CheckName(queue);
        ArgumentNullException.ThrowIfNull(receipt);
        cancellation.ThrowIfCancellationRequested();
        return Held(receipt) is { } held
            && await _requests.WithLeaseAsync(queue, client => client.DeleteMessageAsync($"{held.Message:D}", held.PopReceipt, cancellation), cancellation) is not null;
    }

    /// <inheritdoc/>
    /// <remarks>Never fewer than there are, by the service's reference; it may be more for a while.</remarks>
    public async ValueTask<long> CountAsync(string queue, CancellationToken cancellation)
    {
        QueueRules.CheckName(queue);
        cancellation.ThrowIfCancellationRequested();
        QueueProperties properties = await _requests.InQueueAsync(queue, async client => (await client.GetPropertiesAsync(cancellation)).Value, cancellation);
        return properties.ApproximateMessagesCount;
    }

    /// <summary>Looks once. Not cancelled at once with its caller: see <see cref="ReceiveAsync"/>.</summary>
    private async ValueTask<QueueMessage?> LookAsync(string queue, TimeSpan lease, CancellationToken cancellation)
    {
        using CancellationTokenSource ends = new(Timeout.InfiniteTimeSpan, _time);
        using CancellationTokenRegistration last = cancellation.UnsafeRegister(_ => ends.CancelAfter(s_lastLook), null);
        try
        {
            DateTimeOffset leaseEnds = _time.GetUtcNow() + lease;
            QueueMessage? message = await _requests.InQueueAsync(queue, async client => Message((await client.ReceiveMessageAsync(lease, ends.Token)).Value, leaseEnds), ends.Token);
            if (!cancellation.IsCancellationRequested)
            {
                return message;
            }

            if (message is not null)
            {
                await RenewAsync(queue, message.Receipt, TimeSpan.Zero, ends.Token);
            }

            throw new OperationCanceledException(cancellation);
        }
        catch (Exception e) when (cancellation.IsCancellationRequested && e is TransientFault or OperationCanceledException)
        {
            throw new OperationCanceledException(cancellation);
        }
    }

    /// <summary>The lease that a receipt proves, if it is not over.</summary>
    private LeaseReceipt? Held(string receipt) => LeaseReceipt.Parse(receipt) is { } held && held.Ends > _time.GetUtcNow() ? held : null;

    private static QueueMessage? Message(Azure.Storage.Queues.Models.QueueMessage? leased, DateTimeOffset leaseEnds) =>
        leased is null
            ? null
            : new QueueMessage(
                MessageText.Body(leased.MessageText),
                new LeaseReceipt(Guid.Parse(leased.MessageId), leased.PopReceipt, leaseEnds).ToString(),
                (int)Math.Min(leased.DequeueCount, int.MaxValue));

    /// <summary>Rounded up: whatever is hidden stays hidden at least as long as said.</summary>
    private static TimeSpan WholeSeconds(TimeSpan time) => TimeSpan.FromSeconds(Math.Ceiling(time.TotalSeconds));

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
