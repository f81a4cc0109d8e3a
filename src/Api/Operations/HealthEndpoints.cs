using System.Globalization;
using Katanemimena.Service;
using Katanemimena.Wire;

namespace Katanemimena.Api;

/// <summary>Whether an instance runs, and whether it can serve: for the probes of whoever runs it. They need no accounts.</summary>
internal static class HealthEndpoints
{
    private static readonly HealthDocument s_runs = new(Readiness.Good);

    internal static IReadOnlyList<Endpoint> All(ApiParts parts)
    {
        var readiness = new Readiness(parts.Store, parts.Queue, parts.Volume, parts.ProcessName, parts.Time, parts.Report);
        return
        [
            new("Health", "healthz",
            [
                new Operation("GET", Caller.Anybody, "Says that the process runs.", call => call.AnswerAsync(200, s_runs, WireJson.Default.HealthDocument))
                {
                    Answers = [new OperationAnswer(200, "It runs.", WireJson.Default.HealthDocument)],
                },
            ]),
            new("Ready", "readyz",
            [
                new Operation("GET", Caller.Anybody, "Says whether the instance can serve: whether it reaches store, queue and volume.", call => AnswerAsync(call, readiness))
                {
                    Description = "Each part has 2 s. An answer holds for 1 s.",
                    Answers =
                    [
                        new OperationAnswer(200, "It can.", WireJson.Default.HealthDocument),
                        new OperationAnswer(503, "It cannot: checks name the part.", WireJson.Default.HealthDocument),
                    ],
                },
            ]),
        ];
    }

    private static async Task AnswerAsync(ApiCall call, Readiness readiness)
    {
        HealthDocument health = await readiness.CheckAsync(call.Cancellation);
        if (health.Status == Readiness.Good)
        {
            await call.AnswerAsync(200, health, WireJson.Default.HealthDocument);
            return;
        }

        call.Http.Response.Headers.RetryAfter = Readiness.CacheTime.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        await call.AnswerAsync(503, health, WireJson.Default.HealthDocument);
    }
}
