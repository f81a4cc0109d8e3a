using Katanemimena.TriggerHost;
using Microsoft.AspNetCore.Http;

namespace Katanemimena.Tests.Unit.TriggerHost;

/// <summary>Functions for tests.</summary>
internal static class Functions
{
    public const string Connection = "AzureWebJobsStorage";

    public static QueueFunction Queue(string name, string queue, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask>? handle = null) =>
        new(name, new FunctionTrigger.Queue(queue, Connection), handle ?? ((_, _) => ValueTask.CompletedTask));

    public static HttpFunction Http(string name, string route, params string[] methods) =>
        new(name, new FunctionTrigger.Http(route, methods), context => context.Response.WriteAsync(name));

    public static TimerFunction Timer(string name, string schedule, Func<CancellationToken, ValueTask>? handle = null) =>
        new(name, new FunctionTrigger.Timer(TimerSchedule.Parse(schedule)), handle ?? (_ => ValueTask.CompletedTask));
}
