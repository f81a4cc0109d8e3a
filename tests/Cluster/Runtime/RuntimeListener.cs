using System.Text;
using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Katanemimena.Tests.Contracts;
using Katanemimena.TriggerHost;

namespace Katanemimena.Tests.Cluster.Runtime;

/// <summary>Feeds one function with the messages of its queue, as the runtime's listener does.</summary>
/// <remarks>Source: Microsoft.Azure.WebJobs.Extensions.Storage.Queues 5.x, QueueListener and QueueProcessor: messages are hidden for ten minutes, fetched anew once no
/// more than the threshold are in flight, deleted on success, shown again or moved to the poison queue on failure.</remarks>
internal sealed class RuntimeListener(string function, string binding, string queue, string connection, HostSettings settings, RuntimeInvoker invoker)
{
    private static readonly TimeSpan s_hidden = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_pollMin = TimeSpan.FromMilliseconds(100);

    private readonly QueueClient _queue = new(connection, queue);
    private readonly QueueClient _poison = new(connection, queue + "-poison");
    private readonly HashSet<Task> _inFlight = [];

    /// <summary>Whether each message is handed to the app twice at once, as when a delivery is repeated.</summary>
    public bool Doubles { get; init; }

    public async Task RunAsync(CancellationToken stop)
    {
        TimeSpan pause = s_pollMin;
        while (!stop.IsCancellationRequested)
        {
            pause = await ReceiveAsync(stop) > 0 ? s_pollMin : pause * 2 < settings.MaxPollingInterval ? pause * 2 : settings.MaxPollingInterval;
            await Waiting.PassAsync(pause, stop);
            while (_inFlight.Count > settings.NewBatchThreshold && !stop.IsCancellationRequested)
            {
                await Task.WhenAny(_inFlight.Append(Waiting.PassAsync(s_pollMin, stop).AsTask()));
                _inFlight.RemoveWhere(task => task.IsCompleted);
            }
        }

        await Task.WhenAll(_inFlight);
    }

    private async Task<int> ReceiveAsync(CancellationToken stop)
    {
        try
        {
            QueueMessage[] messages = (await _queue.ReceiveMessagesAsync(settings.BatchSize, s_hidden, stop)).Value;
            _inFlight.UnionWith(messages.Select(message => HandleAsync(message, stop)));
            return messages.Length;
        }
        catch (Exception e) when (e is RequestFailedException or OperationCanceledException or AggregateException)
        {
            return 0; // The queue is not there yet, or its server is away; or it is time to stop.
        }
    }

    private async Task HandleAsync(QueueMessage message, CancellationToken stop)
    {
        await Task.Yield();
        try
        {
            bool good = message.DequeueCount <= settings.MaxDequeueCount && TryDecode(message.MessageText, out string text) && await InvokeAsync(message, text, stop);
            if (good)
            {
                await _queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, CancellationToken.None);
            }
            else if (message.DequeueCount >= settings.MaxDequeueCount)
            {
                await _poison.CreateIfNotExistsAsync(cancellationToken: CancellationToken.None);
                await _poison.SendMessageAsync(message.MessageText, CancellationToken.None);
                await _queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, CancellationToken.None);
            }
            else
            {
                await _queue.UpdateMessageAsync(message.MessageId, message.PopReceipt, message.MessageText, settings.VisibilityTimeout, CancellationToken.None);
            }
        }
        catch (Exception e) when (e is RequestFailedException or OperationCanceledException or AggregateException)
        {
            // Another delivery will come.
        }
    }

    private async Task<bool> InvokeAsync(QueueMessage message, string text, CancellationToken stop)
    {
        byte[] body = InvocationBody.Of(binding, function, text, message.MessageId, message.PopReceipt, message.DequeueCount);
        bool[] answers = await Task.WhenAll(Enumerable.Range(0, Doubles ? 2 : 1).Select(_ => invoker.InvokeAsync(function, body, stop)));
        return answers.All(answer => answer);
    }

    private static bool TryDecode(string base64, out string text)
    {
        try
        {
            text = Encoding.UTF8.GetString(Convert.FromBase64String(base64));
            return true;
        }
        catch (FormatException)
        {
            text = "";
            return false;
        }
    }
}
