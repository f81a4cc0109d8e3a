using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Katanemimena.Api;

/// <summary>Listens to the instruments of a meter, and of all others of its scope, and writes what they measured in Prometheus' text format (0.0.4).</summary>
/// <remarks>Names follow the rules by which OpenTelemetry's become Prometheus': dots are underscores, the unit comes last, counters end in <c>_total</c>. Safe for several threads.</remarks>
public sealed class MetricsExposition : IDisposable
{
    /// <summary>The format's media type.</summary>
    public const string MediaType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly Lock _writing = new();

    /// <summary>Listens to a meter and those of its scope, if it has one; their instruments may also come later. Instruments of one name are one.</summary>
    public MetricsExposition(Meter meter)
    {
        Meter = meter;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, meter) || (meter.Scope is { } scope && ReferenceEquals(instrument.Meter.Scope, scope)))
            {
                listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(instrument.Name, _ => MetricFamily.Of(instrument)));
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, state) => ((MetricFamily)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, state) => ((MetricFamily)state!).Record(value, tags));
        _listener.Start();
    }

    /// <summary>The meter.</summary>
    public Meter Meter { get; }

    /// <summary>All that was measured so far, gauges as they are now.</summary>
    public string Write()
    {
        lock (_writing)
        {
            foreach (MetricFamily family in _families.Values)
            {
                family.ForgetGauges();
            }

            _listener.RecordObservableInstruments();
            StringBuilder text = new();
            foreach (MetricFamily family in _families.Values.OrderBy(family => family.Name, StringComparer.Ordinal))
            {
                family.Write(text);
            }

            return text.ToString();
        }
    }

    /// <summary>Listens no more.</summary>
    public void Dispose() => _listener.Dispose();

    internal static string Number(double value) => double.IsPositiveInfinity(value) ? "+Inf" : value.ToString("R", CultureInfo.InvariantCulture);
}
