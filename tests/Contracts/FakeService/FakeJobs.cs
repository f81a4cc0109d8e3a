using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Katanemimena.Wire;
using Microsoft.AspNetCore.Http;

namespace Katanemimena.Tests.Contracts.FakeService;

/// <summary>A job as it was submitted.</summary>
/// <param name="Fields">Texts of the form by name.</param>
/// <param name="Files">Files of the form by name: file name and content.</param>
public sealed record FakeSubmission(Dictionary<string, string[]> Fields, Dictionary<string, (string Name, string Text)> Files);

/// <summary>Jobs of the fake service. One goes a step further each time that someone waits for it.</summary>
public sealed class FakeJobs
{
    private static readonly string[] Steps = ["submitted", "mapping", "reducing", "completed"];
    private static readonly DateTimeOffset Began = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, string> _byKey = [];
    private readonly List<string> _order = [];

    /// <summary>Jobs by id.</summary>
    public ConcurrentDictionary<string, JobDetail> All { get; } = [];

    /// <summary>What was submitted, in order.</summary>
    public ConcurrentQueue<FakeSubmission> Submissions { get; } = [];

    /// <summary>Results of completed jobs.</summary>
    public byte[] Result { get; set; } = "a\t1\nb\t2\n"u8.ToArray();

    /// <summary>Times that a result is still being put together.</summary>
    public int Assembling { get; set; }

    /// <summary>How far jobs go: the index of the last state among submitted, mapping, reducing, completed.</summary>
    public int LastStep { get; set; } = 3;

    /// <summary>If set, jobs fail with this card in place of reducing.</summary>
    public CardDocument? Fails { get; set; }

    /// <summary>Records that jobs set aside by their end.</summary>
    public int SetAside { get; set; }

    /// <summary>Text of logs.</summary>
    public string Log { get; set; } = "12:00:00 submitted\n";

    internal async Task<FakeAnswer> ServeAsync(HttpContext context, string[] rest, string user) => (context.Request.Method, rest) switch
    {
        ("POST", []) => await SubmitAsync(context, user),
        ("GET", []) => List(context),
        ("GET", [var id]) => FakeAnswer.Of(Look(Find(id), context.Request.Query.ContainsKey("wait")), WireJson.Default.JobDetail),
        ("DELETE", [var id]) => Remove(Find(id)),
        ("POST", [var id, "cancel"]) => Cancel(Find(id)),
        ("GET", [var id, "result"]) => Read(context, Find(id)),
        ("GET", [var id, "logs"]) when context.Request.Query["format"] == "json" => FakeAnswer.Of(
            new LogDocument([new LogEvent(Began, "submitted")], Find(id).Card is { } card ? [card] : []), WireJson.Default.LogDocument),
        ("GET", [var id, "logs"]) when Find(id) is not null => new FakeAnswer(200, Encoding.UTF8.GetBytes(Log), "text/plain"),
        ("GET", [var id, "set-aside"]) when Find(id) is not null => new FakeAnswer(200, "{\"offset\":3}\n"u8.ToArray(), "application/jsonl"),
        _ => FakeAnswer.Problem(405, ProblemCodes.MethodNotAllowed, "no"),
    };

    private static FakeAnswer Answer(JobDetail job, int status) => FakeAnswer.Of(job, WireJson.Default.JobDetail, status);

    private JobDetail Find(string id) => All.TryGetValue(id, out JobDetail? job) ? job : throw FakeRefusal.NotFound($"job {id}");

    private async Task<FakeAnswer> SubmitAsync(HttpContext context, string user)
    {
        IFormCollection form = await context.Request.ReadFormAsync();
        var files = new Dictionary<string, (string, string)>();
        foreach (IFormFile file in form.Files)
        {
            using var reader = new StreamReader(file.OpenReadStream());
            files[file.Name] = (file.FileName, await reader.ReadToEndAsync());
        }

        lock (_gate)
        {
            string key = context.Request.Headers["Idempotency-Key"].ToString();
            if (_byKey.TryGetValue(key, out string? known))
            {
                return Answer(All[known], 200);
            }

            Submissions.Enqueue(new FakeSubmission(form.ToDictionary(field => field.Key, field => field.Key == "data" ? field.Value.ToString().Split(',') : [.. field.Value!]), files));
            string id = string.Create(CultureInfo.InvariantCulture, $"m0-{_order.Count + 1}");
            _byKey[key] = id;
            _order.Insert(0, id);
            All[id] = new JobDetail
            {
                Id = id, Owner = user, State = Steps[0], Submitted = Began, Version = 1, Options = new JobOptionsDocument(), Label = form["label"].FirstOrDefault(),
                Inputs = [new InputDocument("data.txt", 100, false)],
            };
            return Answer(All[id], 201);
        }
    }

    private FakeAnswer List(HttpContext context)
    {
        lock (_gate)
        {
            IQueryCollection query = context.Request.Query;
            int limit = int.Parse(query["limit"].FirstOrDefault() ?? "50", CultureInfo.InvariantCulture);
            JobSummary[] found =
            [
                .. _order.SkipWhile(id => query["after"].FirstOrDefault() is { } after && id != after).Skip(query.ContainsKey("after") ? 1 : 0)
                    .Select(id => All[id]).Where(job => query["state"].FirstOrDefault() is not { } state || job.State == state),
            ];
            return FakeAnswer.Of(new JobsDocument(found.Take(limit).ToArray(), found.Length > limit ? found[limit - 1].Id : null), WireJson.Default.JobsDocument);
        }
    }

    private JobDetail Look(JobDetail job, bool waits)
    {
        lock (_gate)
        {
            int step = Array.IndexOf(Steps, job.State);
            if (!waits || step < 0 || step >= LastStep)
            {
                return job;
            }

            string next = Fails is not null && Steps[step + 1] == "reducing" ? "failed" : Steps[step + 1];
            bool mapped = next is "reducing" or "completed";
            return All[job.Id] = job with
            {
                State = next,
                SetAside = next == "completed" ? SetAside : 0,
                Version = job.Version + 1,
                Map = new StageDocument { Tasks = 4, Done = mapped ? 4 : 1, Attempts = 4, RecordsIn = 40, RecordsOut = 80 },
                Reduce = new StageDocument { Tasks = mapped ? 2 : 0, Done = next == "completed" ? 2 : 0, Attempts = 2, RecordsIn = 80, RecordsOut = 2, Groups = 2 },
                Ended = next is "completed" or "failed" ? Began.AddSeconds(7) : null,
                Error = next == "failed" ? Fails!.Error : null,
                Card = next == "failed" ? Fails : null,
                Counters = new Dictionary<string, long> { ["words:\u001b[31mred"] = 3 },
            };
        }
    }

    private FakeAnswer Cancel(JobDetail job)
    {
        if (job.State is "completed" or "failed" or "cancelled")
        {
            return FakeAnswer.Problem(409, ProblemCodes.JobEnded, "the job has ended");
        }

        All[job.Id] = job with { State = "cancelled", Version = job.Version + 1 };
        return Answer(All[job.Id], 200);
    }

    private FakeAnswer Remove(JobDetail job)
    {
        lock (_gate)
        {
            _order.Remove(job.Id);
            All.TryRemove(job.Id, out _);
            return FakeAnswer.Nothing;
        }
    }

    private FakeAnswer Read(HttpContext context, JobDetail job)
    {
        if (job.State != "completed")
        {
            return job.State is "failed" or "cancelled"
                ? FakeAnswer.Problem(409, ProblemCodes.NoResult, $"job {job.Id} has no result")
                : FakeAnswer.Problem(409, ProblemCodes.JobRunning, $"job {job.Id} has not ended");
        }

        if (Assembling-- > 0)
        {
            FakeAnswer later = FakeAnswer.Of(new AssemblingDocument(job.Id), WireJson.Default.AssemblingDocument, 202);
            later.Headers["Retry-After"] = "1";
            return later;
        }

        return FakeDatafiles.Ranged(context, Result, "text/tab-separated-values");
    }
}
