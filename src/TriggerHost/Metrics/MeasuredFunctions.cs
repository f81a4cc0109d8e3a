using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Katanemimena.TriggerHost;

/// <summary>Measures functions: how often they were called, how that ended, how long it took, and for requests how many bytes came and went.</summary>
public sealed class MeasuredFunctions
{
    /// <summary>Status of a request whose caller went before it was answered.</summary>
    private const int CallerGone = 499;

    private static readonly InstrumentAdvice<double> s_seconds = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    };

    private readonly TimeProvider _time;
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _requestTime;
    private readonly Counter<long> _received;
    private readonly Counter<long> _sent;
    private readonly Counter<long> _messages;
    private readonly Histogram<double> _messageTime;
    private readonly Counter<long> _runs;
    private readonly Histogram<double> _runTime;

    /// <summary>Makes the instruments.</summary>
    /// <param name="meter">Where they are made.</param>
    /// <param name="time">Measures how long things take.</param>
    public MeasuredFunctions(Meter meter, TimeProvider time)
    {
        _time = time;
        _requests = meter.CreateCounter<long>("katanemimena.http.requests", "{request}", "Requests answered, by function, method and status.");
        _requestTime = Seconds(meter, "katanemimena.http.request.duration", "Time from the headers of a request to the end of its answer, by function.");
        _received = meter.CreateCounter<long>("katanemimena.http.received", "By", "Bytes of bodies received, by function.");
        _sent = meter.CreateCounter<long>("katanemimena.http.sent", "By", "Bytes of bodies sent, by function.");
        _messages = meter.CreateCounter<long>("katanemimena.messages", "{message}", "Messages handled, by function and outcome.");
        _messageTime = Seconds(meter, "katanemimena.message.duration", "Time that handling a message took, by function.");
        _runs = meter.CreateCounter<long>("katanemimena.timer.runs", "{run}", "Runs of timers, by function and outcome.");
        _runTime = Seconds(meter, "katanemimena.timer.run.duration", "Time that a run of a timer took, by function.");
    }

    /// <summary>The functions of a catalogue, each measured.</summary>
    public FunctionCatalogue Of(FunctionCatalogue catalogue) => new(catalogue.Functions.Select(Measure));

    private FunctionDefinition Measure(FunctionDefinition function) => function switch
    {
        HttpFunction http => http with { Handle = context => AnswerAsync(context, http) },
        QueueFunction queue => queue with
        {
            Handle = (body, cancellation) => MeasureAsync(queue.Name, _messages, _messageTime, () => queue.Handle(body, cancellation)),
        },
        TimerFunction timer => timer with
        {
            Handle = cancellation => MeasureAsync(timer.Name, _runs, _runTime, () => timer.Handle(cancellation)),
        },
        _ => function,
    };

    private async ValueTask MeasureAsync(string function, Counter<long> count, Histogram<double> duration, Func<ValueTask> handle)
    {
        long begun = _time.GetTimestamp();
        string outcome = "failed";
        try
        {
            await handle();
            outcome = "done";
        }
        finally
        {
            KeyValuePair<string, object?> name = new("function", function);
            count.Add(1, name, new KeyValuePair<string, object?>("outcome", outcome));
            duration.Record(_time.GetElapsedTime(begun).TotalSeconds, name);
        }
    }

    private async Task AnswerAsync(HttpContext context, HttpFunction function)
    {
        long begun = _time.GetTimestamp();
        var received = new CountingStream(context.Request.Body);
        context.Request.Body = received;
        IHttpResponseBodyFeature body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        var sent = new CountingBody(body, new CountingStream(body.Stream));
        context.Features.Set<IHttpResponseBodyFeature>(sent);
        bool threw = true;
        try
        {
            await function.Handle(context);
            threw = false;
        }
        finally
        {
            KeyValuePair<string, object?> name = new("function", function.Name);
            int status = context.RequestAborted.IsCancellationRequested ? CallerGone : threw ? StatusCodes.Status500InternalServerError : context.Response.StatusCode;
            _requests.Add(1, name, new KeyValuePair<string, object?>("method", context.Request.Method), new KeyValuePair<string, object?>("status", status));
            _requestTime.Record(_time.GetElapsedTime(begun).TotalSeconds, name);
            _received.Add(received.Count, name);
            _sent.Add(sent.Count, name);
        }
    }

    private static Histogram<double> Seconds(Meter meter, string name, string description) => meter.CreateHistogram(name, "s", description, tags: null, s_seconds);
}
