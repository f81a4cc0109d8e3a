using System.Collections.Concurrent;
using Katanemimena.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Katanemimena.Tests.Contracts.FakeService;

/// <summary>A service that speaks the documents of the API and keeps everything in memory: for tests of clients. It breaks as it is told to.</summary>
public sealed class FakeService : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly Lock _gate = new();
    private readonly List<FakeFault> _faults = [];

    private FakeService(WebApplication application, FakeAccounts accounts)
    {
        (_application, Accounts) = (application, accounts);
        Datafiles = new FakeDatafiles();
        Jobs = new FakeJobs();
        Administration = new FakeAdministration(Accounts);
    }

    /// <summary>Where it is.</summary>
    public string Address { get; private set; } = "";

    /// <summary>Users, tokens and sessions.</summary>
    public FakeAccounts Accounts { get; }

    /// <summary>Datafiles and uploads.</summary>
    public FakeDatafiles Datafiles { get; }

    /// <summary>Jobs.</summary>
    public FakeJobs Jobs { get; }

    /// <summary>Accounts, tokens, keys and instances, for admins.</summary>
    public FakeAdministration Administration { get; }

    /// <summary>Every request that came, as <c>METHOD path?query</c> below <c>/api/</c>.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>Starts one on a free port of this machine.</summary>
    /// <param name="time">Clock by which its tokens end.</param>
    public static async Task<FakeService> StartAsync(TimeProvider? time = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = 64 << 20).UseUrls("http://127.0.0.1:0");
        WebApplication application = builder.Build();
        var service = new FakeService(application, new FakeAccounts(time ?? TimeProvider.System));
        application.Run(service.ServeAsync);
        await application.StartAsync();
        service.Address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return service;
    }

    /// <summary>Breaks the next requests whose <c>METHOD path?query</c> begins so.</summary>
    public void Break(string request, int times, Func<Func<Task<FakeAnswer>>, Task<FakeAnswer>> how)
    {
        lock (_gate)
        {
            _faults.Add(new FakeFault(request, times, how));
        }
    }

    /// <summary>Answers the next requests so, without doing anything.</summary>
    public void Refuse(string request, int times, FakeAnswer answer) => Break(request, times, _ => Task.FromResult(answer));

    /// <summary>Does what the next requests ask for, and cuts the answer after so many bytes of its body.</summary>
    public void Cut(string request, int times, int after) => Break(request, times, async serve => await serve() with { CutAfter = after });

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private async Task ServeAsync(HttpContext context)
    {
        string path = context.Request.Path.Value!;
        string request = $"{context.Request.Method} {path.Replace("/api/", "", StringComparison.Ordinal)}{context.Request.QueryString}";
        Requests.Enqueue(request);
        FakeAnswer answer;
        try
        {
            Task<FakeAnswer> Serve() => RouteAsync(context, path);
            answer = await (Take(request) is { } fault ? fault.How(Serve) : Serve());
        }
        catch (FakeRefusal refusal)
        {
            answer = refusal.Answer;
        }

        await SendAsync(context, answer);
    }

    private FakeFault? Take(string request)
    {
        lock (_gate)
        {
            FakeFault? fault = _faults.Find(fault => request.StartsWith(fault.Request, StringComparison.Ordinal));
            if (fault is not null && --fault.Times == 0)
            {
                _faults.Remove(fault);
            }

            return fault;
        }
    }

    private async Task<FakeAnswer> RouteAsync(HttpContext context, string path)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts is not ["api", var first, .. var rest])
        {
            return FakeAnswer.Html(404);
        }

        if (await Accounts.ServeAsync(context, first) is { } done)
        {
            return done;
        }

        (string user, bool admin) = Accounts.Caller(context);
        return first switch
        {
            "datafiles" => await Datafiles.ServeAsync(context, string.Join('/', rest), user),
            "jobs" => await Jobs.ServeAsync(context, rest, user),
            _ when !admin => FakeAnswer.Problem(403, ProblemCodes.Forbidden, "only an admin may do this"),
            _ => await Administration.ServeAsync(context, first, rest),
        };
    }

    private static async Task SendAsync(HttpContext context, FakeAnswer answer)
    {
        if (answer.CutAfter == 0)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = answer.Status;
        foreach ((string name, string value) in answer.Headers)
        {
            context.Response.Headers[name] = value;
        }

        if (answer.Status != 204)
        {
            context.Response.ContentType = answer.MediaType;
            context.Response.ContentLength = answer.Body.Length;
            await context.Response.Body.WriteAsync(answer.Body.AsMemory(0, answer.CutAfter ?? answer.Body.Length));
        }

        if (answer.CutAfter is not null)
        {
            await context.Response.Body.FlushAsync();
            context.Abort();
        }
    }

    private sealed class FakeFault(string request, int times, Func<Func<Task<FakeAnswer>>, Task<FakeAnswer>> how)
    {
        public string Request => request;

        public int Times { get; set; } = times;

        public Func<Func<Task<FakeAnswer>>, Task<FakeAnswer>> How => how;
    }
}
