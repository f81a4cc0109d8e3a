using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Katanemimena.Core;

namespace Katanemimena.Adapters.Etcd;

/// <summary>One watch: a stream of changes that goes on at its revision at another member, or later, when it breaks off.</summary>
internal sealed class EtcdWatch(EtcdConnection connection, EtcdOptions options, TimeProvider time, KeyRange range, long fromRevision)
{
    private static readonly TimeSpan s_pauseMin = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_pauseMax = TimeSpan.FromSeconds(1);

    private long _next = fromRevision;
    private TimeSpan _pause = s_pauseMin;
    private long? _brokenSince;

    /// <summary>Follows until cancelled. Each change comes once, in order: the stream takes up after the last whole revision that came.</summary>
    /// <exception cref="TransientFault">No member answered for <see cref="EtcdOptions.WatchRetryFor"/>.</exception>
    /// <exception cref="RevisionCompacted">The revision is no longer kept.</exception>
    public async IAsyncEnumerable<KeyChange> FollowAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            await using Lines? lines = await OpenAsync(cancellation);
            while (lines is not null && await NextAsync(lines, cancellation) is { } changes)
            {
                foreach (KeyChange change in changes)
                {
                    cancellation.ThrowIfCancellationRequested();
                    yield return change;
                }
            }
        }
    }

    /// <summary>Opens a stream; null after a pause if that failed and is to be tried again.</summary>
    private async ValueTask<Lines?> OpenAsync(CancellationToken cancellation)
    {
        try
        {
            return new Lines(await connection.OpenAsync("v3/watch", EtcdRequests.Watch(range, _next), cancellation), cancellation);
        }
        catch (TransientFault fault)
        {
            await PauseAsync(fault, cancellation);
            return null;
        }
    }

    /// <summary>The next changes of whole revisions, maybe none; null if the stream broke off.</summary>
    private async ValueTask<List<KeyChange>?> NextAsync(Lines lines, CancellationToken cancellation)
    {
        try
        {
            if (await lines.ReadAsync() is not { } line)
            {
                throw new IOException("etcd closed the stream");
            }

            using (line)
            {
                return Take(line.RootElement);
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException or JsonException or KeyNotFoundException or FormatException)
        {
            connection.NextMember();
            await PauseAsync(new TransientFault($"a watch of etcd broke off: {e.Message}", e), cancellation);
            return null;
        }
    }

    private List<KeyChange> Take(JsonElement line)
    {
        if (!line.TryGetProperty("result", out JsonElement result))
        {
            throw new IOException(EtcdError.Read(HttpStatusCode.OK, JsonSerializer.SerializeToUtf8Bytes(line)).Message);
        }

        if (EtcdAnswers.Number(result, "compact_revision") > 0)
        {
            throw new RevisionCompacted(_next);
        }

        if (EtcdAnswers.Flag(result, "canceled"))
        {
            throw new IOException("etcd ended the watch");
        }

        (_pause, _brokenSince) = (s_pauseMin, null);
        List<KeyChange> changes = EtcdAnswers.Changes(result);
        _next = changes.Count > 0 ? changes[^1].Revision + 1 : _next;
        return changes;
    }

    private async ValueTask PauseAsync(TransientFault fault, CancellationToken cancellation)
    {
        _brokenSince ??= time.GetTimestamp();
        if (time.GetElapsedTime(_brokenSince.Value) >= options.WatchRetryFor)
        {
            throw fault;
        }

        await Task.Delay(_pause, time, cancellation);
        _pause = _pause * 2 < s_pauseMax ? _pause * 2 : s_pauseMax;
    }

    /// <summary>The lines of a stream, each a JSON document.</summary>
    private sealed class Lines(HttpResponseMessage response, CancellationToken cancellation) : IAsyncDisposable
    {
        private PipeReader? _reader;

        public async ValueTask<JsonDocument?> ReadAsync()
        {
            _reader ??= PipeReader.Create(await response.Content.ReadAsStreamAsync(cancellation));
            while (true)
            {
                ReadResult read = await _reader.ReadAsync(cancellation);
                if (read.Buffer.PositionOf((byte)'\n') is { } end)
                {
                    var document = JsonDocument.Parse(read.Buffer.Slice(0, end).ToArray());
                    _reader.AdvanceTo(read.Buffer.GetPosition(1, end));
                    return document;
                }

                if (read.IsCompleted)
                {
                    return null;
                }

                _reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }

        public async ValueTask DisposeAsync()
        {
            if (_reader is not null)
            {
                await _reader.CompleteAsync();
            }

            response.Dispose();
        }
    }
}
