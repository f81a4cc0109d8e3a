using System.Globalization;
using Katanemimena.Core;
using Katanemimena.Wire;

namespace Katanemimena.Service;

/// <summary>The options of a job as they were written, by the names of <see cref="JobOptionsDocument"/> in camel case.</summary>
/// <remarks>Ranges and words of errors are those of <c>mrctl run</c>.</remarks>
public sealed class JobOptionTexts
{
    /// <summary>Longest label, in characters.</summary>
    public const int LabelLengthMax = 200;

    /// <summary>Names of all options.</summary>
    public static readonly IReadOnlyList<string> Names =
        ["label", "contract", "chunkSize", "reducers", "workers", "memory", "skipBadRecords", "attempts", "taskTimeout", "sandbox"];

    private readonly SortedDictionary<string, string> _texts = new(StringComparer.Ordinal);

    /// <summary>The options of a document.</summary>
    public static JobOptionTexts Of(JobOptionsDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        var texts = new JobOptionTexts();
        foreach ((string name, string? text) in (ReadOnlySpan<(string, string?)>)
            [
                ("label", document.Label), ("contract", document.Contract), ("chunkSize", document.ChunkSize), ("reducers", Text(document.Reducers)),
                ("workers", Text(document.Workers)), ("memory", document.Memory), ("skipBadRecords", Text(document.SkipBadRecords)),
                ("attempts", Text(document.Attempts)), ("taskTimeout", document.TaskTimeout), ("sandbox", document.Sandbox),
            ])
        {
            if (text is not null)
            {
                texts.Add(name, text);
            }
        }

        return texts;
    }

    /// <summary>Adds one.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="text">What was written; checked when it is read.</param>
    /// <exception cref="JobRefused">It is there already.</exception>
    public void Add(string name, string text)
    {
        if (!_texts.TryAdd(name, text))
        {
            throw JobRefused.Invalid(name, "is given more than once");
        }
    }

    /// <summary>The label, or null.</summary>
    /// <exception cref="JobRefused">It is too long, or has control characters.</exception>
    public string? Label => Text("label") is not { } label ? null
        : label.Length <= LabelLengthMax && !label.Any(char.IsControl) ? label
        : throw JobRefused.Invalid("label", $"has {label.Length} characters; at most {LabelLengthMax} without control characters are wanted");

    /// <summary>The contract of all programs, or <see cref="CodeContract.Auto"/>.</summary>
    /// <exception cref="JobRefused">There is none of the name.</exception>
    public CodeContract Contract => OptionText.Choice(Text("contract"), ContractNames.Given, Refusal("contract")) ?? CodeContract.Auto;

    /// <summary>All other options, with defaults filled in.</summary>
    /// <param name="workersPlanned">Workers where none are given.</param>
    /// <exception cref="JobRefused">One is out of range or cannot be read; it is named.</exception>
    public JobOptions Read(int workersPlanned) => new()
    {
        ChunkBytes = JobOptionText.ChunkBytes(Text("chunkSize"), Refusal("chunkSize")) ?? 0,
        Reducers = JobOptionText.Reducers(Text("reducers"), Refusal("reducers")) ?? 0,
        Workers = JobOptionText.Workers(Text("workers"), Refusal("workers")) ?? workersPlanned,
        MemoryBytes = JobOptionText.MemoryBytes(Text("memory"), Refusal("memory")) ?? 512L << 20,
        SkipBadRecordsMax = JobOptionText.SkipBadRecordsMax(Text("skipBadRecords"), Refusal("skipBadRecords")) ?? 0,
        AttemptsMax = JobOptionText.AttemptsMax(Text("attempts"), Refusal("attempts")) ?? 4,
        TaskTimeout = JobOptionText.TaskTimeout(Text("taskTimeout"), Refusal("taskTimeout")) ?? TimeSpan.FromMinutes(10),
        Sandbox = OptionText.Choice(Text("sandbox"), JobOptionText.Sandboxes, Refusal("sandbox")) ?? SandboxDemand.Preferred,
    };

    /// <summary>As they were written, by name; for hashes.</summary>
    internal IEnumerable<KeyValuePair<string, string>> Written => _texts;

    /// <summary>A form sends a field that was left empty all the same; it counts as not given.</summary>
    private string? Text(string name) => _texts.GetValueOrDefault(name) is { Length: > 0 } text ? text : null;

    private static string? Text(int? number) => number?.ToString(CultureInfo.InvariantCulture);

    private OptionRefusal Refusal(string name) =>
        wanted => new JobRefused(ProblemCodes.InvalidRequest, $"{name} {SentText.Quoted(_texts[name])}: must be {wanted}") { Field = name };
}
