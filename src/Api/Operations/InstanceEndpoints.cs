using Katanemimena.Service;
using Katanemimena.Wire;

namespace Katanemimena.Api;

/// <summary>Who is alive, where, doing what.</summary>
internal static class InstanceEndpoints
{
    internal static Endpoint Instances(ApiParts parts)
    {
        var reader = new InstanceReader(parts.Store);
        return new Endpoint("Instances", "instances",
        [
            new Operation("GET", Caller.Admin, "Lists the processes that are alive with what they run, and the managers.", async call =>
                await call.AnswerAsync(200, await reader.ReadAsync(call.Cancellation), WireJson.Default.InstancesDocument))
            {
                Description = "A process that has died is listed for up to 15 s.",
                Answers = [new OperationAnswer(200, "The processes and managers.", WireJson.Default.InstancesDocument)],
            },
        ]);
    }
}
