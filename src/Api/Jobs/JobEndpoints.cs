using Katanemimena.Wire;

namespace Katanemimena.Api;

/// <summary>The paths of jobs.</summary>
public static class JobEndpoints
{
    private const string Form = "multipart/form-data";
    private const string JsonLines = "application/jsonl";

    private static readonly OperationParameter s_id = new("path", "id", "the job", Required: true);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Endpoint> All(JobEndpointParts parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        var reading = new JobReading(parts.Jobs);
        var downloads = new JobDownloads(parts.Jobs);
        return
        [
            new Endpoint("SubmitJob", "jobs", [Submit(new JobSubmitting(parts))]),
            new Endpoint("ListJobs", "jobs", [List(reading)]),
            new Endpoint("GetJob", "jobs/{id}", [Get(reading)]),
            new Endpoint("CancelJob", "jobs/{id}/cancel", [Cancel(reading)]),
            new Endpoint("DeleteJob", "jobs/{id}", [Delete(reading)]),
            new Endpoint("GetResult", "jobs/{id}/result", [Result(downloads)]),
            new Endpoint("GetLogs", "jobs/{id}/logs", [Logs(reading)]),
            new Endpoint("GetSetAside", "jobs/{id}/set-aside", [SetAside(downloads)]),
        ];
    }

    private static Operation Submit(JobSubmitting submitting) => new("POST", Caller.User, "Submits a job.", JobCall.Of(submitting.SubmitAsync))
    {
        Description = "Without a reducer, the mapper's pairs are the result, sorted by key. With an idempotency key, the same request sent again within a day answers with the same job.",
        RequestMediaType = Form,
        Parameters =
        [
            new("header", "Idempotency-Key", "makes the request sent twice one job; at most 200 characters"),
            new("form", "mapper", "the mapper: .py, .cs, .dll or an executable, at most 4 MiB", "file"),
            new("form", "mapperCommand", "or a command with arguments that workers find on their PATH"),
            new("form", "mapperDatafile", "or the datafile that holds it"),
            new("form", "reducer", "the reducer; left out, the identity", "file"),
            new("form", "reducerCommand", "or a command"),
            new("form", "reducerDatafile", "or the datafile that holds it"),
            new("form", "combiner", "run on the map side to shrink what is shuffled; must be associative", "file"),
            new("form", "combinerCommand", "or a command"),
            new("form", "combinerDatafile", "or the datafile that holds it"),
            new("form", "data", "names or globs of datafiles, separated by commas; may be repeated"),
            new("form", "input", "data sent along, which comes after the datafiles; any number", "file"),
            new("form", "label", "a name for people, at most 200 characters"),
            new("form", "contract", "python-functions, python-generators, streaming or dotnet; default: recognised from the files"),
            new("form", "chunkSize", "bytes a map task, 1K or more; default automatic"),
            new("form", "reducers", "reduce tasks, 1 to 1000; default one a worker", "integer"),
            new("form", "workers", "workers to plan for, 1 to 1000", "integer"),
            new("form", "memory", "data buffers of all workers of one process, 16M or more; default 512M"),
            new("form", "skipBadRecords", "records the job may set aside before it fails; default 0", "integer"),
            new("form", "attempts", "attempts at a task before the job fails, 1 to 100; default 4", "integer"),
            new("form", "taskTimeout", "longest time user code may neither take nor give a record, such as 30s or 5m; default 10m"),
            new("form", "sandbox", "preferred, required or off; default preferred"),
        ],
        Answers =
        [
            new(201, "The job.", WireJson.Default.JobDetail),
            new(200, "The job that the same request made before.", WireJson.Default.JobDetail),
        ],
        Problems =
        [
            ProblemCodes.InvalidRequest, ProblemCodes.NotFound, ProblemCodes.LengthRequired, ProblemCodes.TooLarge, ProblemCodes.OverQuota, ProblemCodes.UnsupportedMediaType,
            ProblemCodes.IdempotencyConflict, ProblemCodes.InvalidJob, ProblemCodes.TooManyJobs,
        ],
    };

    private static Operation List(JobReading reading) => new("GET", Caller.User, "Lists jobs, the newest first.", JobCall.Of(reading.ListAsync))
    {
        Description = "Stages count tasks here; what these read and wrote is in GetJob. A page with a 'next' may have fewer jobs than asked for, where few of many are wanted.",
        Parameters =
        [
            new("query", "state", "only those in this state"),
            new("query", "label", "only those with exactly this label"),
            new("query", "owner", "whose jobs, for admins; default everybody's for an admin, else one's own"),
            new("query", "after", "'next' of the page before"),
            new("query", "limit", "jobs a page, 1 to 500; default 50", "integer"),
        ],
        Answers = [new(200, "The page.", WireJson.Default.JobsDocument)],
        Problems = [ProblemCodes.InvalidRequest],
    };

    private static Operation Get(JobReading reading) => new("GET", Caller.User, "Shows one job whole.", JobCall.Of(reading.GetAsync))
    {
        Parameters =
        [
            s_id,
            new("query", "after", "a version: answers when the job has changed since", "integer"),
            new("query", "wait", "with after: longest time to wait in seconds, 0 to 30; default 0", "integer"),
            new("query", "tasks", "each task too, as long as the job has not been cleaned up after its end; and of a running job what its tasks read, wrote, took and counted so far", "boolean"),
        ],
        Answers = [new(200, "The job.", WireJson.Default.JobDetail)],
        Problems = [ProblemCodes.InvalidRequest, ProblemCodes.NotFound],
    };

    private static Operation Cancel(JobReading reading) => new("POST", Caller.User, "Cancels a job.", JobCall.Of(reading.CancelAsync))
    {
        Parameters = [s_id],
        Answers = [new(200, "The job, which is cancelled.", WireJson.Default.JobDetail)],
        Problems = [ProblemCodes.NotFound, ProblemCodes.JobEnded],
    };

    private static Operation Delete(JobReading reading) => new("DELETE", Caller.User, "Removes a job that has ended, with its result and the data sent along.", JobCall.Of(reading.DeleteAsync))
    {
        Parameters = [s_id],
        Answers = [new(204, "It is gone.")],
        Problems = [ProblemCodes.NotFound, ProblemCodes.JobRunning],
    };

    private static Operation Result(JobDownloads downloads) => new("GET", Caller.User, "Downloads the result of a completed job.", JobCall.Of(downloads.ResultAsync))
    {
        Parameters =
        [
            s_id,
            new("query", "format", "tsv, json or jsonl; default tsv"),
            new("header", "Range", "one range of bytes"),
            new("header", "If-Range", "the ETag that the range is of"),
            new("header", "Accept-Encoding", "gzip compresses a whole answer"),
        ],
        Answers =
        [
            new(200, "The result, sorted by key.", MediaType: "text/tab-separated-values"),
            new(206, "The range of it.", MediaType: "text/tab-separated-values"),
            new(202, "It is being put together: ask again after Retry-After.", WireJson.Default.AssemblingDocument),
            new(304, "The result is the one of If-None-Match."),
        ],
        Problems = [ProblemCodes.InvalidRequest, ProblemCodes.NotFound, ProblemCodes.JobRunning, ProblemCodes.NoResult, ProblemCodes.RangeNotSatisfiable],
    };

    private static Operation Logs(JobReading reading) => new("GET", Caller.User, "Tells what happened to a job, and what user code wrote when it failed.", JobCall.Of(reading.LogsAsync))
    {
        Parameters = [s_id, new("query", "format", "text or json; default text")],
        Answers = [new(200, "The log as JSON.", WireJson.Default.LogDocument), new(200, "The log as text.", MediaType: "text/plain")],
        Problems = [ProblemCodes.InvalidRequest, ProblemCodes.NotFound],
    };

    private static Operation SetAside(JobDownloads downloads) => new("GET", Caller.User, "Downloads the records that a job set aside.", JobCall.Of(downloads.SetAsideAsync))
    {
        Parameters = [s_id],
        Answers = [new(200, "A JSON object a line: the record in base64, and its card.", MediaType: JsonLines)],
        Problems = [ProblemCodes.NotFound, ProblemCodes.JobRunning],
    };
}
