using System.Text;
using Katanemimena.Service;

namespace Katanemimena.Api;

/// <summary>Figures for Prometheus.</summary>
internal static class MetricsEndpoints
{
    internal static Endpoint Metrics(ApiParts parts)
    {
        var reader = new ClusterFigureReader(parts.Store, parts.Queue, parts.Report);
        var gauges = new ClusterGauges(parts.Metrics.Meter);
        return new Endpoint("Metrics", "metrics",
        [
            new Operation("GET", Caller.AdminOrScraper, "Gives figures of the cluster and of this instance in Prometheus' text format.", async call =>
            {
                gauges.Show(await reader.ReadAsync(call.Cancellation));
                await call.AnswerAsync(200, Encoding.UTF8.GetBytes(parts.Metrics.Write()), MetricsExposition.MediaType);
            })
            {
                Description = "For an admin, or with METRICS_TOKEN as the bearer token.",
                Answers = [new OperationAnswer(200, "The figures.", MediaType: "text/plain")],
            },
        ]);
    }
}
