using Katanemimena.Cli.Display;
using Katanemimena.Cli.Run;
using Katanemimena.Core;
using Katanemimena.Runners;

namespace Katanemimena.Cli.Replay;

/// <summary>Runs the record of a failure card again, alone.</summary>
/// <param name="file">The card.</param>
/// <param name="workplace">Folders for code and work.</param>
internal sealed class RecordReplay(CardFile file, Workplace workplace)
{
    private readonly FailureCard _card = file.Card;
    private readonly JobSpec _spec = file.Spec;

    /// <summary>Runs it, and writes the pairs emitted.</summary>
    /// <exception cref="UserCodeFault">It failed again.</exception>
    /// <exception cref="CommandError">The record, or a program, is no longer there.</exception>
    public async Task RunAsync(Stream output, CancellationToken cancellation)
    {
        JobId job = JobId.TryParse(_card.Job, out JobId id) ? id : new JobId("replay", 1);
        var code = new JobCode(job, Current(_spec.Mapper, "mapper"), Current(_spec.Reducer, "reducer"), _spec.Combiner is { } combiner ? Current(combiner, "combiner") : null);
        await using UserCodeHost host = JobSession.HostFor(workplace, _spec.Options);
        await using IUserCode opened = await host.OpenAsync(code, cancellation);
        TaskStage stage = _card.Role == "mapper" ? TaskStage.Map : TaskStage.Reduce;
        var attempt = new AttemptContext
        {
            Id = new AttemptId(new TaskId(job, stage, _card.Task), "replay"),
            Cancellation = cancellation,
            Timeout = _spec.Options.TaskTimeout,
            Environment = stage == TaskStage.Map
                ? StreamingEnvironment.ForMap(new AttemptId(new TaskId(job, stage, _card.Task), "replay"), 1, _card.File ?? "", Math.Max(0, _card.Offset), -1)
                : StreamingEnvironment.ForReduce(new AttemptId(new TaskId(job, stage, _card.Task), "replay"), 1),
        };
        if (stage == TaskStage.Map)
        {
            opened.Map(attempt, Record(), new PairPrinter(output, opened.MapOutput));
        }
        else
        {
            Regroup(opened, attempt, output);
        }
    }

    /// <summary>The record itself: from the card, or from its file if the card holds only its beginning.</summary>
    private OneRecord Record()
    {
        if (_card is { Record: { } kept, RecordCut: false })
        {
            return new OneRecord(kept is [.., (byte)'\n'] ? kept : [.. kept, (byte)'\n'], _card.File ?? "", Math.Max(0, _card.Offset));
        }

        if (_card.File is null || _card.Offset < 0)
        {
            throw CommandError.Usage("the card does not hold the whole record, and does not say where it stands: it cannot be run alone");
        }

        InputFile? input = _spec.Inputs.FirstOrDefault(known => known.Name == _card.File);
        using var records = new FileRecords(input ?? new InputFile(_card.File, 0, false), _card.Offset);
        return new OneRecord(records.First(), _card.File, _card.Offset);
    }

    /// <summary>Collects the values of the card's key by mapping all input again, then runs the reducer or combiner on that key.</summary>
    private void Regroup(IUserCode code, AttemptContext attempt, Stream output)
    {
        if (_card.Record is not { } key || _card.RecordCut)
        {
            throw CommandError.Usage("the card does not hold the whole key: it cannot be run alone");
        }

        var values = new ValuesOfKey(key);
        foreach (InputFile input in _spec.Inputs)
        {
            using var records = new FileRecords(input);
            code.Map(attempt, records, values);
        }

        var group = new OneGroup(key, values.Values);
        if (_card.Role == "combiner")
        {
            code.Combine(attempt, group, new PairPrinter(output, code.MapOutput));
        }
        else
        {
            code.Reduce(attempt, group, new PairPrinter(output, code.ReduceOutput));
        }
    }

    /// <summary>The program as it is now, where it came from; the copy that the job ran if it is no longer there.</summary>
    private CodeFile Current(CodeFile known, string role)
    {
        if (known.Contract == CodeContract.Identity || known.SourceFolder is null)
        {
            return known;
        }

        string original = Path.Join(known.SourceFolder, known.Name);
        if (!File.Exists(original))
        {
            return File.Exists(known.Path) ? known : throw CommandError.Usage($"{role} {original}: is no longer there");
        }

        CodeFile current = CodeFiles.Load(original, role, known.Contract, workplace.CodeFolder) with { Arguments = known.Arguments };
        if (current.Sha256 != known.Sha256)
        {
            StandardError.WriteLine($"mrctl: {role} {original} has changed since the job ran; this runs it as it is now");
        }

        return current;
    }
}
