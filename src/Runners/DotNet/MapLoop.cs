using Katanemimena.Core;
using Katanemimena.Sdk;

namespace Katanemimena.Runners;

/// <summary>One call of a .NET mapper: cuts blocks into records and hands them to the user's object.</summary>
internal sealed class MapLoop(AttemptContext attempt, CodeFile file, IRecordSource records, IPairSink output, int heldBytesMax, RecordMark mark)
{
    private RecordBlock _block;
    private int _length = -1;

    /// <summary>Runs over the whole chunk, on the thread of user code.</summary>
    public void Run(UserGuard guard, IMapper mapper)
    {
        bool skips = attempt.SkipBadRecordsMax > 0;
        HoldingSink held = new(output, heldBytesMax);
        SinkEmitter emitter = new(guard, skips ? held : output, attempt.Report, Cards.Of(attempt, file, "mapper", ""));
        try
        {
            int setAside = 0;
            while (NextBlock(guard))
            {
                if (skips)
                {
                    MapBlockHeld(guard, mapper, emitter, held, ref setAside);
                }
                else
                {
                    MapBlock(mapper, emitter);
                }

                guard.ThrowIfFailed();
            }

            (_length, mark.Start) = (-1, -1);
            mapper.Finish(emitter);
            guard.ThrowIfFailed();
            held.Release(guard);
        }
        catch (Exception e) when (guard.EngineFault is null && UserExceptions.IsOfUser(e, attempt))
        {
            throw guard.Inside(() => Fault(e));
        }
        catch when (guard.EngineFault is not null)
        {
            guard.ThrowIfFailed();
            throw;
        }
        finally
        {
            emitter.Close();
        }
    }

    /// <summary>Adds the present record to a card. From another thread only once this one has been given up.</summary>
    public FailureCard Describe(FailureCard card) => _length < 0 || mark.Start < 0 ? card : card.WithRecord(_block.Bytes.Span.Slice((int)mark.Start, _length)) with
    {
        File = _block.File,
        Offset = _block.Offset + mark.Start,
    };

    private void SetAside(UserGuard guard, HoldingSink held, Exception thrown, ref int count)
    {
        int before = count;
        count = guard.Inside(() => held.SetAside(attempt, _block.Bytes.Slice((int)mark.Start, _length).Span, Fault(thrown), before));
    }

    private UserCodeFault Fault(Exception thrown) => UserExceptions.Fault(Describe(Cards.Of(attempt, file, "mapper", "")), thrown);

    private bool NextBlock(UserGuard guard)
    {
        attempt.Cancellation.ThrowIfCancellationRequested();
        guard.Enter();
        try
        {
            bool more = records.TryRead(out _block);
            guard.Leave();
            return more;
        }
        catch (Exception e)
        {
            guard.Fail(e);
            throw;
        }
    }

    // The hot loop. Start and length are stored so that a failure can be put on a card.
    private void MapBlock(IMapper mapper, SinkEmitter emitter)
    {
        ReadOnlySpan<byte> bytes = _block.Bytes.Span;
        long offset = _block.Offset;
        int start = 0;
        while (start < bytes.Length)
        {
            ReadOnlySpan<byte> record = bytes[start..];
            int lineFeed = record.IndexOf((byte)'\n');
            if (lineFeed >= 0)
            {
                record = record[..lineFeed];
            }

            mark.Start = start;
            _length = record.Length;
            mapper.Map(record, offset + start, emitter);
            start += record.Length + 1;
            if (attempt.Cancellation.IsCancellationRequested)
            {
                attempt.Cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    // As MapBlock, but what a record emits goes on only when the record has been mapped.
    private void MapBlockHeld(UserGuard guard, IMapper mapper, SinkEmitter emitter, HoldingSink held, ref int setAside)
    {
        ReadOnlySpan<byte> bytes = _block.Bytes.Span;
        for (int start = 0; start < bytes.Length; start += _length + 1)
        {
            attempt.Cancellation.ThrowIfCancellationRequested();
            int lineFeed = bytes[start..].IndexOf((byte)'\n');
            ReadOnlySpan<byte> record = bytes.Slice(start, lineFeed >= 0 ? lineFeed : bytes.Length - start);
            mark.Start = start;
            _length = record.Length;
            try
            {
                mapper.Map(record, _block.Offset + start, emitter);
                guard.ThrowIfFailed();
            }
            catch (Exception e) when (guard.EngineFault is null)
            {
                SetAside(guard, held, e, ref setAside);
            }

            held.Release(guard);
        }
    }
}
