namespace Katanemimena.Wire;

/// <summary>What a job is to do, beside its files: the form fields of <c>POST jobs</c>, and the options in a message of queue <c>submit</c>. What is null is automatic or default.</summary>
public sealed record JobOptionsDocument
{
    /// <summary>A name for people; at most 200 characters.</summary>
    public string? Label { get; init; }

    /// <summary><c>python-functions</c>, <c>python-generators</c>, <c>streaming</c> or <c>dotnet</c>; null to recognise it from the files.</summary>
    public string? Contract { get; init; }

    /// <summary>Bytes a map task: a number, or <c>64K</c>, <c>16M</c>, <c>1G</c>.</summary>
    public string? ChunkSize { get; init; }

    /// <summary>Reduce tasks, 1 to 1000.</summary>
    public int? Reducers { get; init; }

    /// <summary>Workers to plan for, 1 to 1000.</summary>
    public int? Workers { get; init; }

    /// <summary>Data buffers of all workers of one process: a number, or <c>512M</c>; 16M or more.</summary>
    public string? Memory { get; init; }

    /// <summary>Bad records the job may set aside.</summary>
    public int? SkipBadRecords { get; init; }

    /// <summary>Attempts at a task before the job fails, 1 to 100.</summary>
    public int? Attempts { get; init; }

    /// <summary>Longest time user code may neither take nor give a record: <c>30s</c>, <c>5m</c>, <c>1h</c>.</summary>
    public string? TaskTimeout { get; init; }

    /// <summary><c>preferred</c> (default), <c>required</c> or <c>off</c>.</summary>
    public string? Sandbox { get; init; }
}

/// <summary>A file sent along within a document.</summary>
/// <param name="Name">Its own name; its extension helps to recognise the contract.</param>
/// <param name="Text">Its content, if it is text.</param>
/// <param name="Base64">Its content in base64, if it is not.</param>
public sealed record InlineFile(string Name, string? Text = null, string? Base64 = null);

/// <summary>A program of a job: a file sent along, or a datafile, or a command that workers find on their PATH.</summary>
public sealed record ProgramDocument
{
    /// <summary>The file itself.</summary>
    public InlineFile? File { get; init; }

    /// <summary>Name of a datafile that holds it.</summary>
    public string? Datafile { get; init; }

    /// <summary>A command with its arguments, such as <c>grep -c foo</c>.</summary>
    public string? Command { get; init; }
}

/// <summary>A message of queue <c>submit</c>: a job, who submits it, and where the answer goes.</summary>
public sealed record SubmitMessage
{
    // The serializer sets what a message leaves out to null, whatever it was before: three fields turn that into their default.

    /// <summary>A user's access token, or a service token.</summary>
    public required string Token { get; init; }

    /// <summary>Datafiles to read, by name or glob, in the order of their records.</summary>
    public IReadOnlyList<string> Data { get; init => field = value ?? []; } = [];

    /// <summary>Data sent along, after <see cref="Data"/>.</summary>
    public IReadOnlyList<InlineFile> Input { get; init => field = value ?? []; } = [];

    /// <summary>The mapper.</summary>
    public required ProgramDocument Mapper { get; init; }

    /// <summary>The reducer; null for the identity.</summary>
    public ProgramDocument? Reducer { get; init; }

    /// <summary>The combiner, or null.</summary>
    public ProgramDocument? Combiner { get; init; }

    /// <summary>The options.</summary>
    public JobOptionsDocument Options { get; init => field = value ?? new(); } = new();

    /// <summary>Makes a message that is sent or delivered twice one job; at most 200 characters.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>Queue for the <see cref="SubmitAnswer"/>; null for none. It begins with <c>answers</c>.</summary>
    public string? AnswerTo { get; init; }

    /// <summary>Comes back in the answer; at most 200 characters.</summary>
    public string? Correlation { get; init; }

    /// <summary>Without secrets.</summary>
    public override string ToString() => nameof(SubmitMessage);
}

/// <summary>The answer to a <see cref="SubmitMessage"/>: a job, or a problem.</summary>
/// <param name="Correlation">As sent.</param>
/// <param name="Job">The job's id.</param>
/// <param name="Problem">Why there is no job.</param>
public sealed record SubmitAnswer(string? Correlation = null, string? Job = null, ProblemDocument? Problem = null);

/// <summary>The tasks of one stage.</summary>
public sealed record StageDocument
{
    /// <summary>How many; 0 before they are planned.</summary>
    public int Tasks { get; init; }

    /// <summary>Committed.</summary>
    public int Done { get; init; }

    /// <summary>Attempts running now.</summary>
    public int Running { get; init; }

    /// <summary>Attempts started so far.</summary>
    public int Attempts { get; init; }

    /// <summary>Attempts that failed or were lost.</summary>
    public int Failed { get; init; }

    /// <summary>Records (map) or values (reduce) read by committed attempts.</summary>
    public long RecordsIn { get; init; }

    /// <summary>Bytes read by committed attempts.</summary>
    public long BytesIn { get; init; }

    /// <summary>Pairs written by committed attempts.</summary>
    public long RecordsOut { get; init; }

    /// <summary>Bytes written by committed attempts.</summary>
    public long BytesOut { get; init; }

    /// <summary>Keys reduced.</summary>
    public long Groups { get; init; }

    /// <summary>Records set aside.</summary>
    public int SetAside { get; init; }
}

/// <summary>Where the time of committed attempts went, in seconds, summed over tasks.</summary>
public sealed record LedgerDocument
{
    /// <summary>From when a task was sent out until a worker took it.</summary>
    public double WaitingForWorker { get; init; }

    /// <summary>Making user code ready.</summary>
    public double Starting { get; init; }

    /// <summary>Reading and user code.</summary>
    public double UserCode { get; init; }

    /// <summary>Sorting, combining, merging.</summary>
    public double Shuffle { get; init; }

    /// <summary>Writing, publishing, committing.</summary>
    public double Commit { get; init; }
}

/// <summary>A job in a list.</summary>
public record JobSummary
{
    /// <summary>Its id, <c>{manager}-{n}</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Whose it is.</summary>
    public required string Owner { get; init; }

    /// <summary>A name for people.</summary>
    public string? Label { get; init; }

    /// <summary><c>submitted</c>, <c>mapping</c>, <c>shuffling</c>, <c>reducing</c>, <c>completed</c>, <c>failed</c> or <c>cancelled</c>.</summary>
    public required string State { get; init; }

    /// <summary>When it was submitted.</summary>
    public required DateTimeOffset Submitted { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>The map stage.</summary>
    public StageDocument Map { get; init; } = new();

    /// <summary>The reduce stage.</summary>
    public StageDocument Reduce { get; init; } = new();

    /// <summary>One sentence, for a failed job.</summary>
    public string? Error { get; init; }
}

/// <summary>A page of jobs.</summary>
/// <param name="Jobs">The newest first.</param>
/// <param name="Next">To be sent as <c>after</c> for the next page; null on the last.</param>
public sealed record JobsDocument(IReadOnlyList<JobSummary> Jobs, string? Next = null);

/// <summary>An input file of a job.</summary>
/// <param name="Name">Name of the datafile, or of the data sent along.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Gzip">Whether it is gzip.</param>
public sealed record InputDocument(string Name, long Bytes, bool Gzip);

/// <summary>A program of a job.</summary>
/// <param name="Role"><c>mapper</c>, <c>combiner</c> or <c>reducer</c>.</param>
/// <param name="Name">Its file's name, or the command.</param>
/// <param name="Contract">See <see cref="JobOptionsDocument.Contract"/>; also <c>identity</c>.</param>
/// <param name="Sha256">Of its content.</param>
public sealed record CodeDocument(string Role, string Name, string Contract, string Sha256);

/// <summary>One job, whole.</summary>
/// <remarks>What committed attempts read, wrote, took and counted (in its stages, <see cref="Counters"/>, <see cref="ShuffleBytes"/>, <see cref="SandboxLevel"/>, <see cref="Ledger"/> and
/// <see cref="SetAside"/>) is summed when the job has ended; before, only with <c>?tasks=true</c>, and is 0, empty or null without.</remarks>
public sealed record JobDetail : JobSummary
{
    /// <summary>Rises with every change; to be sent as <c>after</c> to wait for the next one.</summary>
    public required long Version { get; init; }

    /// <summary>Its options, as they hold.</summary>
    public required JobOptionsDocument Options { get; init; }

    /// <summary>What it reads.</summary>
    public IReadOnlyList<InputDocument> Inputs { get; init; } = [];

    /// <summary>Its programs.</summary>
    public IReadOnlyList<CodeDocument> Code { get; init; } = [];

    /// <summary>When its map tasks were sent out.</summary>
    public DateTimeOffset? MapStarted { get; init; }

    /// <summary>When its reduce tasks were sent out.</summary>
    public DateTimeOffset? ReduceStarted { get; init; }

    /// <summary>The user's counters, over committed attempts.</summary>
    public IReadOnlyDictionary<string, long> Counters { get; init; } = new Dictionary<string, long>();

    /// <summary>Bytes shuffled.</summary>
    public long ShuffleBytes { get; init; }

    /// <summary>The weakest sandbox level of its committed attempts: <c>none</c>, <c>process</c> or <c>namespaces</c>; null before there is one.</summary>
    public string? SandboxLevel { get; init; }

    /// <summary>Where the time went.</summary>
    public LedgerDocument Ledger { get; init; } = new();

    /// <summary>The card of the failure that ended the job.</summary>
    public CardDocument? Card { get; init; }

    /// <summary>Records set aside that can be downloaded.</summary>
    public int SetAside { get; init; }

    /// <summary>The tasks; only with <c>?tasks=true</c>, and only until the job has been cleaned up after its end.</summary>
    public IReadOnlyList<TaskDocument>? Tasks { get; init; }
}

/// <summary>One task of a job.</summary>
public sealed record TaskDocument
{
    /// <summary><c>map</c> or <c>reduce</c>.</summary>
    public required string Stage { get; init; }

    /// <summary>From 0.</summary>
    public required int Index { get; init; }

    /// <summary><c>waiting</c>, <c>running</c> or <c>done</c>.</summary>
    public required string State { get; init; }

    /// <summary>Attempts started.</summary>
    public int Attempts { get; init; }

    /// <summary>Attempts that left a failure card.</summary>
    public int Failed { get; init; }

    /// <summary>Process of the attempt that committed, or of the last one started.</summary>
    public string? Worker { get; init; }

    /// <summary>When that attempt was started.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it was committed.</summary>
    public DateTimeOffset? Committed { get; init; }
}

/// <summary>What is known of one failed attempt.</summary>
public sealed record CardDocument
{
    /// <summary><c>map</c>, <c>combine</c> or <c>reduce</c>.</summary>
    public required string Stage { get; init; }

    /// <summary>Index of the task within its stage.</summary>
    public int Task { get; init; }

    /// <summary>1 for the first attempt at the task.</summary>
    public int Attempt { get; init; }

    /// <summary>The user's file that failed.</summary>
    public string Code { get; init; } = "";

    /// <summary><c>mapper</c>, <c>combiner</c> or <c>reducer</c>.</summary>
    public string Role { get; init; } = "";

    /// <summary>One sentence: what went wrong and what to do about it.</summary>
    public required string Error { get; init; }

    /// <summary>The exception with its traceback, where there is one.</summary>
    public string? Traceback { get; init; }

    /// <summary>Exit code of the user's process; 128 + n for signal n.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Input file of the record.</summary>
    public string? File { get; init; }

    /// <summary>Byte offset of the record in <see cref="File"/>; -1 if not known.</summary>
    public long Offset { get; init; } = -1;

    /// <summary>The record or key, in base64; at most 4 KiB of it.</summary>
    public byte[]? Record { get; init; }

    /// <summary>The same as text, where it is UTF-8.</summary>
    public string? RecordText { get; init; }

    /// <summary>Whether <see cref="Record"/> was cut.</summary>
    public bool RecordCut { get; init; }

    /// <summary>The end of what the user's process wrote on stderr.</summary>
    public string StandardError { get; init; } = "";
}

/// <summary><c>GET jobs/{id}/logs?format=json</c>.</summary>
/// <param name="Events">What happened to the job, in order.</param>
/// <param name="Cards">Failed attempts, by stage, task and attempt.</param>
public sealed record LogDocument(IReadOnlyList<LogEvent> Events, IReadOnlyList<CardDocument> Cards);

/// <summary>One line of a job's log.</summary>
/// <param name="Time">When.</param>
/// <param name="Text">What.</param>
public sealed record LogEvent(DateTimeOffset Time, string Text);

/// <summary><c>GET jobs/{id}/result</c> while the result is being put together (202): ask again after <c>Retry-After</c>.</summary>
/// <param name="Job">The job.</param>
/// <param name="State"><c>assembling</c>.</param>
public sealed record AssemblingDocument(string Job, string State = "assembling");
