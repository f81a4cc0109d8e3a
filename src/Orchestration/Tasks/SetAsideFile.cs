using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>The records an attempt sets aside, as JSON lines in a file of its own, which comes to be with the first of them.</summary>
internal sealed class SetAsideFile(IVolume volume, string path) : IBadRecordSink, IDisposable
{
    private const int FlushBytes = 64 * 1024;

    /// <summary>The lines are for people too, and go into no page of HTML: quotes and letters of all scripts stay as they are.</summary>
    private static readonly JsonWriterOptions s_readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _lines = new();
    private VolumeWriter? _writer;

    /// <summary>Records set aside.</summary>
    public int Count { get; private set; }

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<byte> record, FailureCard card)
    {
        using (var json = new Utf8JsonWriter(_lines, s_readable))
        {
            JsonSerializer.Serialize(json, new SetAsideLine(record.ToArray(), card), RecordJson.Default.SetAsideLine);
        }

        _lines.Write("\n"u8);
        Count++;
        if (_lines.WrittenCount >= FlushBytes)
        {
            Flush();
        }
    }

    /// <summary>Publishes the file, if any record was set aside.</summary>
    public void Publish()
    {
        if (Count > 0)
        {
            Flush();
            _writer!.Publish();
        }
    }

    /// <summary>Deletes the file unless it was published.</summary>
    public void Dispose() => _writer?.Dispose();

    /// <summary>The card of the first record in a published file.</summary>
    public static FailureCard FirstCard(IVolume volume, string path)
    {
        byte[] lines = volume.ReadAll(path);
        int end = lines.AsSpan().IndexOf((byte)'\n');
        Invariant.Holds(end > 0, "a file of records set aside has a first line");
        return RecordJson.Read(lines.AsSpan(0, end), RecordJson.Default.SetAsideLine).Card;
    }

    private void Flush()
    {
        _writer ??= volume.Create(path);
        _writer.Write(_lines.WrittenSpan);
        _lines.Clear();
    }
}
