using System.Diagnostics.Metrics;
using Katanemimena.Api;
using Xunit;

namespace Katanemimena.Tests.Unit.Api;

public sealed class MetricsExpositionTests : IDisposable
{
    private readonly Meter _meter = new("Any");
    private readonly Meter _other = new("Any");
    private readonly MetricsExposition _metrics;

    public MetricsExpositionTests() => _metrics = new MetricsExposition(_meter);

    public void Dispose()
    {
        _metrics.Dispose();
        _meter.Dispose();
        _other.Dispose();
    }

    [Fact]
    public void Counters_add_up_by_labels()
    {
        Counter<long> calls = _meter.CreateCounter<long>("app.calls", "{call}", "Calls.");
        calls.Add(1, new KeyValuePair<string, object?>("kind", "a"));
        calls.Add(2, new KeyValuePair<string, object?>("kind", "a"));
        calls.Add(5, new KeyValuePair<string, object?>("kind", "b"));

        Assert.Equal(
            """
            # HELP app_calls_total Calls.
            # TYPE app_calls_total counter
            app_calls_total{kind="a"} 3
            app_calls_total{kind="b"} 5

            """,
            _metrics.Write());
    }

    [Fact]
    public void Histograms_count_what_is_up_to_each_bound()
    {
        Histogram<double> time = _meter.CreateHistogram("app.time", "s", "Time.", tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5, 1] });
        foreach (double value in new[] { 0.25, 0.5, 0.75, 1, 4 })
        {
            time.Record(value);
        }

        Assert.Equal(
            """
            # HELP app_time_seconds Time.
            # TYPE app_time_seconds histogram
            app_time_seconds_bucket{le="0.5"} 2
            app_time_seconds_bucket{le="1"} 4
            app_time_seconds_bucket{le="+Inf"} 5
            app_time_seconds_sum 6.5
            app_time_seconds_count 5

            """,
            _metrics.Write());
    }

    [Fact]
    public void Gauges_show_what_is_now()
    {
        List<Measurement<long>> now = [new(7, new KeyValuePair<string, object?>("queue", "a")), new(8, new KeyValuePair<string, object?>("queue", "b"))];
        _meter.CreateObservableGauge("app.size", () => now, "By", "Size.");
        string before = _metrics.Write();
        now.RemoveAt(0);
        string after = _metrics.Write();

        Assert.Contains("app_size_bytes{queue=\"a\"} 7\napp_size_bytes{queue=\"b\"} 8\n", before, StringComparison.Ordinal);
        Assert.Equal("# HELP app_size_bytes Size.\n# TYPE app_size_bytes gauge\napp_size_bytes{queue=\"b\"} 8\n", after);
    }

    [Fact]
    public void Labels_are_escaped()
    {
        _meter.CreateCounter<long>("app.calls").Add(1, new KeyValuePair<string, object?>("kind", "a\"b\\c\nd"));
        Assert.Contains("{kind=\"a\\\"b\\\\c\\nd\"} 1\n", _metrics.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void Meters_of_one_scope_are_one_and_one_that_ended_is_shown_no_more()
    {
        object scope = new();
        using Meter first = new(new MeterOptions("First") { Scope = scope });
        using MetricsExposition metrics = new(first);
        using Meter second = new(new MeterOptions("Second") { Scope = scope });
        using Meter third = new(new MeterOptions("Second") { Scope = new object() });
        Meter ended = new(new MeterOptions("First") { Scope = scope });
        ended.CreateObservableGauge("app.size", () => 9);
        first.CreateCounter<long>("app.calls").Add(1);
        second.CreateCounter<long>("app.calls").Add(2);
        third.CreateCounter<long>("app.calls").Add(4);
        ended.Dispose();

        Assert.Equal("# HELP app_calls_total \n# TYPE app_calls_total counter\napp_calls_total 3\n", metrics.Write());
    }

    [Fact]
    public void Other_meters_are_others()
    {
        _other.CreateCounter<long>("app.calls").Add(1);
        Assert.Equal("", _metrics.Write());
    }
}
