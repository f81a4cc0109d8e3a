using Katanemimena.Adapters.AzureQueue;
using Katanemimena.Core;
using Microsoft.Extensions.Configuration;

namespace Katanemimena.Hosting;

/// <summary><c>--create-queues</c>: makes the queues of an installation, so that whatever scales by their lengths finds them. Nothing but the queue service has to be up.</summary>
public static class QueueCreation
{
    /// <summary>The argument that asks for it.</summary>
    public const string Argument = "--create-queues";

    private static readonly TimeSpan s_tries = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    /// <summary>Makes those that are not there. A service that is not up yet is waited for, two minutes at most.</summary>
    /// <param name="configuration">Says how the queues are reached.</param>
    /// <param name="queues">Their names.</param>
    /// <param name="time">Clock.</param>
    /// <exception cref="PermanentFault">A setting is wrong.</exception>
    /// <exception cref="TransientFault">The service did not come up.</exception>
    public static async Task RunAsync(IConfiguration configuration, IEnumerable<string> queues, TimeProvider time)
    {
        var service = new AzureTaskQueue(ClusterSettings.ReadQueues(configuration), time);
        long begun = time.GetTimestamp();
        foreach (string queue in queues)
        {
            while (true)
            {
                try
                {
                    // A queue comes to be when it is first asked about.
                    await service.CountAsync(queue, CancellationToken.None);
                    break;
                }
                catch (TransientFault) when (time.GetElapsedTime(begun) < s_tries)
                {
                    await Task.Delay(s_pause, time);
                }
            }
        }
    }
}
