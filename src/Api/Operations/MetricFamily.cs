using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Katanemimena.Api;

/// <summary>What one instrument measured, by labels.</summary>
internal sealed class MetricFamily
{
    private enum Kind
    {
        Counter,
        Gauge,
        Histogram,
    }

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Series> _series = new(StringComparer.Ordinal);
    private readonly Kind _kind;
    private readonly string _help;
    private readonly double[] _bounds;

    private MetricFamily(string name, Kind kind, string help, double[] bounds) => (Name, _kind, _help, _bounds) = (name, kind, help, bounds);

    internal string Name { get; }

    internal static MetricFamily Of(Instrument instrument)
    {
        Kind kind = instrument switch
        {
            Counter<long> or Counter<double> => Kind.Counter,
            Histogram<double> => Kind.Histogram,
            _ => Kind.Gauge,
        };
        string unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        string name = instrument.Name.Replace('.', '_') + unit + (kind == Kind.Counter ? "_total" : "");
        double[] bounds = instrument is Histogram<double> { Advice.HistogramBucketBoundaries: { } given } ? [.. given] : [];
        return new MetricFamily(name, kind, instrument.Description ?? "", bounds);
    }

    internal void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string labels = Labels(tags);
        lock (_gate)
        {
            if (!_series.TryGetValue(labels, out Series? series))
            {
                _series[labels] = series = new Series(new long[_bounds.Length + 1]);
            }

            series.Sum = _kind == Kind.Gauge ? value : series.Sum + value;
            int bucket = _bounds.AsSpan().BinarySearch(value);
            series.Buckets[bucket < 0 ? ~bucket : bucket]++;
        }
    }

    /// <summary>A gauge that is not measured any more is not there any more.</summary>
    internal void ForgetGauges()
    {
        lock (_gate)
        {
            if (_kind == Kind.Gauge)
            {
                _series.Clear();
            }
        }
    }

    internal void Write(StringBuilder text)
    {
        lock (_gate)
        {
            if (_series.Count == 0)
            {
                return;
            }

            string kind = _kind switch { Kind.Counter => "counter", Kind.Histogram => "histogram", _ => "gauge" };
            text.Append(CultureInfo.InvariantCulture, $"# HELP {Name} {_help}\n# TYPE {Name} {kind}\n");
            foreach ((string labels, Series series) in _series)
            {
                if (_kind == Kind.Histogram)
                {
                    WriteHistogram(text, labels, series);
                }
                else
                {
                    Line(text, Name, labels, MetricsExposition.Number(series.Sum));
                }
            }
        }
    }

    private void WriteHistogram(StringBuilder text, string labels, Series series)
    {
        long count = 0;
        for (int bucket = 0; bucket < series.Buckets.Length; bucket++)
        {
            count += series.Buckets[bucket];
            string bound = MetricsExposition.Number(bucket < _bounds.Length ? _bounds[bucket] : double.PositiveInfinity);
            Line(text, Name + "_bucket", labels + (labels.Length > 0 ? "," : "") + $"le=\"{bound}\"", count.ToString(CultureInfo.InvariantCulture));
        }

        Line(text, Name + "_sum", labels, MetricsExposition.Number(series.Sum));
        Line(text, Name + "_count", labels, count.ToString(CultureInfo.InvariantCulture));
    }

    private static void Line(StringBuilder text, string name, string labels, string value) =>
        text.Append(name).Append(labels.Length > 0 ? $"{{{labels}}}" : "").Append(' ').Append(value).Append('\n');

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        StringBuilder labels = new();
        foreach ((string name, object? value) in tags)
        {
            string text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            labels.Append(labels.Length > 0 ? "," : "").Append(name.Replace('.', '_')).Append("=\"")
                .Append(text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal))
                .Append('"');
        }

        return labels.ToString();
    }

    private sealed class Series(long[] buckets)
    {
        /// <summary>Measurements up to each bound and not up to the one before; the last are those past all.</summary>
        internal long[] Buckets { get; } = buckets;

        internal double Sum { get; set; }
    }
}
