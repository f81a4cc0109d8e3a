using System.CommandLine;
using System.Globalization;
using Katanemimena.Cli.Options;
using Katanemimena.Core;
using Katanemimena.Wire;

namespace Katanemimena.Cli.Remote;

/// <summary>The options of a job that a server runs: those of <c>mrctl run</c> that are the job's own, and how it is waited for.</summary>
/// <param name="lists">Whether the command lists jobs as well, for which some of them have a meaning too.</param>
internal sealed class SubmitSyntax(bool lists = false)
{
    private readonly JobSyntax _job = JobSyntax.OfServer();
    private readonly ResultSyntax _result = new(alsoOutput: lists ? " Of a list: text or json." : "");
    private readonly Option<string> _label = JobSyntax.Text("--label", "TEXT", lists ? "A name for people. Of a list: only jobs with this one." : "A name for people.");
    private readonly Option<string> _key = JobSyntax.Text("--idempotency-key", "TEXT", "The same submission sent again with this key within a day is the same job. [a new one]");
    private readonly Option<bool> _replace = new("--replace") { Description = "Replace datafiles of the same name as local data, and other content; drop an upload of another file to that name." };
    private readonly Option<bool> _detach = new("--detach") { Description = "Print the job's id and do not wait for it." };
    private readonly Option<bool> _cancel = new("--cancel-on-interrupt") { Description = "Ctrl-C cancels the job. [it goes on]" };
    private readonly Option<bool> _json = new("--json") { Description = "Write JSON, for programs: of a job when it has ended, with --detach at once. Its result then goes to --output FILE or stays on the server." };

    /// <summary>All of them, in the order of the help text.</summary>
    public IEnumerable<Option> All =>
        [_job.Reducer, _job.Combiner, .. _result.Place, _result.Force, _json, _detach, _cancel, _replace, _label, .. _job.All, _key, _job.Quiet];

    /// <summary>The reducer as an option, which the short form has no need of.</summary>
    public Option Reducer => _job.Reducer;

    /// <summary>The reducer and the combiner as given.</summary>
    public (string? Reducer, string? Combiner) Programs(ParseResult parsed)
    {
        var values = new OptionValues(parsed);
        return (values.Text(_job.Reducer), values.Text(_job.Combiner));
    }

    /// <summary>Whether datafiles are replaced.</summary>
    public bool Replace(ParseResult parsed) => parsed.GetValue(_replace);

    /// <summary>The key given, or null.</summary>
    public string? Key(ParseResult parsed) => new OptionValues(parsed).Text(_key);

    /// <summary>Whether the job, or the listing, is asked for as JSON.</summary>
    public bool Json(ParseResult parsed) => parsed.GetValue(_json);

    /// <summary>What <c>--output</c> says, which names a format where jobs are listed; null if it was not given.</summary>
    public string? Output(ParseResult parsed) => _result.Output(new OptionValues(parsed));

    /// <summary>How the job is waited for.</summary>
    /// <exception cref="CommandError">Options do not go together.</exception>
    public WaitOptions Wait(ParseResult parsed)
    {
        var values = new OptionValues(parsed);
        string? output = OutputFormat.File(_result.Output(values), "JSON is asked for with --json");
        bool detach = parsed.GetValue(_detach), json = Json(parsed);
        if (detach && output is not null)
        {
            throw CommandError.Usage("--detach does not wait for a result, so there is none for --output; mrctl jobs result ID --output FILE writes it later");
        }

        return json && output == "-"
            ? throw CommandError.Usage("--json with --output -: the job goes to standard output; name a file for the result, or leave --output out, and it stays on the server")
            : new WaitOptions
            {
                Output = output ?? (json ? null : "-"),
                Format = _result.Format(values),
                Force = parsed.GetValue(_result.Force),
                Detach = detach,
                CancelOnInterrupt = parsed.GetValue(_cancel),
                Quiet = parsed.GetValue(_job.Quiet),
            };
    }

    /// <summary>The job's options, checked as <c>mrctl run</c> checks them.</summary>
    public JobOptionsDocument Job(ParseResult parsed)
    {
        var values = new OptionValues(parsed);
        GivenJobOptions given = _job.Read(values);
        return new JobOptionsDocument
        {
            Label = values.Text(_label),
            Contract = given.Contract is null or CodeContract.Auto ? null : ContractNames.Of(given.Contract.Value),
            ChunkSize = Bytes(given.ChunkBytes),
            Reducers = given.Reducers,
            Workers = given.Workers,
            Memory = Bytes(given.MemoryBytes),
            SkipBadRecords = given.SkipBadRecordsMax,
            Attempts = given.AttemptsMax,
            TaskTimeout = given.TaskTimeout is { } time ? string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(time.TotalSeconds):0}s") : null,
            Sandbox = given.Sandbox?.ToString().ToLowerInvariant(),
        };
    }

    private static string? Bytes(long? bytes) => bytes?.ToString(CultureInfo.InvariantCulture);
}
