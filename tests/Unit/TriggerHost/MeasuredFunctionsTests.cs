using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using Katanemimena.Core;
using Katanemimena.Tests.Contracts;
using Katanemimena.TriggerHost;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Xunit;

namespace Katanemimena.Tests.Unit.TriggerHost;

public sealed class MeasuredFunctionsTests : IDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly Meter _meter = new("Any");
    private readonly MeterListener _listener = new();
    private readonly List<string> _measured = [];
    private readonly MeasuredFunctions _functions;

    public MeasuredFunctionsTests()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, _meter))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
        _functions = new MeasuredFunctions(_meter, _clock);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public async Task Message_is_counted_with_its_outcome_and_time()
    {
        QueueFunction good = (QueueFunction)Measured(Functions.Queue("Good", "good", (_, _) => Pass(3)) with { InHandMax = 7 });
        QueueFunction bad = (QueueFunction)Measured(Functions.Queue("Bad", "bad", (_, _) => throw new TransientFault("no")));
        await good.Handle(new byte[1], default);
        await Assert.ThrowsAsync<TransientFault>(async () => await bad.Handle(new byte[1], default));

        Assert.Equal(7, good.InHandMax);
        Assert.Equal(
            [
                "katanemimena.messages 1 function=Good outcome=done", "katanemimena.message.duration 3 function=Good",
                "katanemimena.messages 1 function=Bad outcome=failed", "katanemimena.message.duration 0 function=Bad",
            ],
            _measured);
    }

    [Fact]
    public async Task Run_of_a_timer_is_counted()
    {
        await ((TimerFunction)Measured(Functions.Timer("Tick", "*/5 * * * * *", _ => Pass(1)))).Handle(default);
        Assert.Equal(["katanemimena.timer.runs 1 function=Tick outcome=done", "katanemimena.timer.run.duration 1 function=Tick"], _measured);
    }

    [Fact]
    public async Task Request_is_counted_with_status_time_and_bytes_whichever_way_they_are_written()
    {
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "12345");
            await AnswerAsync("hello", async context =>
            {
                await Pass(2);
                await context.Request.Body.CopyToAsync(Stream.Null);
                context.Response.StatusCode = 201;
                await context.Response.Body.WriteAsync("ab"u8.ToArray());
                await context.Response.WriteAsync("cde");
                PipeWriter writer = context.Response.BodyWriter;
                "fghi"u8.CopyTo(writer.GetSpan(4));
                writer.Advance(4);
                await writer.FlushAsync();
                await context.Response.SendFileAsync(file, 1, null);
                await context.Response.SendFileAsync(file, 0, 2);
            });
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Equal(
            [
                "katanemimena.http.requests 1 function=Any method=POST status=201", "katanemimena.http.request.duration 2 function=Any",
                "katanemimena.http.received 5 function=Any", "katanemimena.http.sent 15 function=Any",
            ],
            _measured);
    }

    [Fact]
    public async Task Request_that_fails_or_whose_caller_goes_has_a_status_of_its_own()
    {
        await Assert.ThrowsAsync<TransientFault>(() => AnswerAsync("", _ => throw new TransientFault("no")));
        await AnswerAsync("", context =>
        {
            context.RequestAborted = new CancellationToken(canceled: true);
            return Task.CompletedTask;
        });

        Assert.Contains("katanemimena.http.requests 1 function=Any method=POST status=500", _measured);
        Assert.Contains("katanemimena.http.requests 1 function=Any method=POST status=499", _measured);
    }

    private Task AnswerAsync(string body, RequestDelegate handle)
    {
        DefaultHttpContext context = new();
        context.Request.Method = "POST";
        context.Request.Body = new MemoryStream(System.Text.Encoding.ASCII.GetBytes(body));
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(new MemoryStream()));
        return ((HttpFunction)Measured(new HttpFunction("Any", new FunctionTrigger.Http("any", ["POST"]), handle))).Handle(context);
    }

    private FunctionDefinition Measured(FunctionDefinition function) => Assert.Single(_functions.Of(new FunctionCatalogue([function])).Functions);

    private ValueTask Pass(int seconds)
    {
        _clock.Advance(TimeSpan.FromSeconds(seconds));
        return ValueTask.CompletedTask;
    }

    private void Add<T>(Instrument instrument, T value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        _measured.Add($"{instrument.Name} {value} {string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))}");
}
