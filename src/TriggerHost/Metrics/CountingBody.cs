using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace Katanemimena.TriggerHost;

/// <summary>The body of an answer, counted whichever way it is written.</summary>
/// <param name="inner">The body.</param>
/// <param name="stream">Counts what is written to its stream.</param>
internal sealed class CountingBody(IHttpResponseBodyFeature inner, CountingStream stream) : IHttpResponseBodyFeature
{
    private readonly CountingWriter _writer = new(inner.Writer);
    private long _ofFiles;

    /// <summary>Bytes written so far.</summary>
    internal long Count => stream.Count + _writer.Count + _ofFiles;

    public Stream Stream => stream;

    public PipeWriter Writer => _writer;

    public void DisableBuffering() => inner.DisableBuffering();

    public Task StartAsync(CancellationToken cancellationToken = default) => inner.StartAsync(cancellationToken);

    public async Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default)
    {
        await inner.SendFileAsync(path, offset, count, cancellationToken);
        _ofFiles += count ?? new FileInfo(path).Length - offset;
    }

    public Task CompleteAsync() => inner.CompleteAsync();

    private sealed class CountingWriter(PipeWriter inner) : PipeWriter
    {
        internal long Count { get; private set; }

        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override void Advance(int bytes)
        {
            inner.Advance(bytes);
            Count += bytes;
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => inner.FlushAsync(cancellationToken);

        public override async ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
        {
            FlushResult result = await inner.WriteAsync(source, cancellationToken);
            Count += source.Length;
            return result;
        }
    }
}
