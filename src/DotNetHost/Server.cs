using System.Runtime.CompilerServices;
using Katanemimena.Core;
using Katanemimena.Runners;

namespace Katanemimena.DotNetHost;

/// <summary>Does what the engine asks for, one thing after the other.</summary>
internal sealed class Server(Channel channel, RecordMark mark)
{
    private readonly List<LoadedProgram> _programs = [];
    private readonly Pulse _pulse = new(channel);
    private readonly ByteBuffer _frame = NewFrame();
    private long _pieces;

    /// <summary>Serves until the engine is gone.</summary>
    public void Serve()
    {
        while (true)
        {
            byte kind = channel.Receive(out ReadOnlyMemory<byte> body, out _);
            switch (kind)
            {
                case HostFrame.Compile:
                    Compile(body.Span);
                    break;
                case HostFrame.Load:
                    Load(LoadRequest.Read(body.Span));
                    break;
                case HostFrame.Run:
                    Run(RunRequest.Read(body.Span));
                    break;
                default:
                    throw new InvalidDataException($"the engine sent a frame of kind {kind}");
            }
        }
    }

    /// <summary>An empty buffer, opened.</summary>
    public static ByteBuffer NewFrame()
    {
        ByteBuffer frame = new(4096);
        Frame.Open(frame);
        return frame;
    }

    // In a method of its own, so that the compiler's assemblies are not loaded in a process that runs user code.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Compile(ReadOnlySpan<byte> body)
    {
        FieldReader fields = new(body);
        string name = fields.Text();
        using MemoryStream assembly = new();
        IReadOnlyList<string> errors = RoslynCompiler.Compile(fields.Rest.ToArray(), name, assembly);
        if (errors.Count == 0)
        {
            _frame.Append(assembly.GetBuffer().AsSpan(0, (int)assembly.Length));
            channel.Send(_frame, HostFrame.Compile);
        }
        else
        {
            _frame.Add(errors, Fields.Add);
            channel.Send(_frame, HostFrame.Errors);
        }
    }

    private void Load(LoadRequest request)
    {
        try
        {
            LoadedProgram program = LoadedProgram.Load(request, mark);
            _programs.Add(program);
            channel.Send(HostFrame.Load, (long)program.Output);
        }
        catch (Exception e)
        {
            Fail(e as UserCodeFault ?? UserExceptions.Fault(Cards.AtOpen(request.Job, request.File, request.Role, "").Card, e));
        }
    }

    private void Run(RunRequest request)
    {
        LoadedProgram program = _programs[request.Program];
        AttemptContext attempt = new()
        {
            Id = request.Attempt,
            Ordinal = request.Ordinal,
            Timeout = request.Timeout,
            SkipBadRecordsMax = request.SkipBadRecordsMax,
            BadRecords = new BadRecordFrames(channel),
        };
        PairFrames pairs = new(channel, attempt, program.Request);
        UserCodeFault? fault = null;
        _pulse.Begin();
        try
        {
            program.Run(attempt, new InputFrames(channel, mark, _pieces), pairs, out _pieces);
        }
        catch (Exception e)
        {
            // What is no failure of the user's class is one of its process, which is the user's too: out of memory, most likely.
            fault = e as UserCodeFault ?? UserExceptions.Fault(Cards.Of(attempt, program.Request.File, program.Request.Role, ""), e);
        }

        pairs.Flush();
        _pulse.End();
        End(attempt.Report, fault);
    }

    private void End(AttemptReport report, UserCodeFault? fault)
    {
        mark.Clear(_pieces);
        HostCards.Write(_frame, report);
        channel.Send(_frame, HostFrame.Report, report.HasTooManyCounters ? 1 : 0);
        if (fault is null)
        {
            channel.Send(HostFrame.End);
        }
        else
        {
            Fail(fault);
        }
    }

    // The user's code may be anywhere, and what is left of its input is in the pipe: there is no way back to work from here.
    private void Fail(UserCodeFault fault)
    {
        HostCards.Write(_frame, fault.Card);
        channel.Send(_frame, HostFrame.Fault);
        while (true)
        {
            channel.Receive(out _, out _);
        }
    }
}
