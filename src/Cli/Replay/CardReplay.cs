using Katanemimena.Cli.Display;
using Katanemimena.Cli.Run;
using Katanemimena.Core;
using Katanemimena.Runners;

namespace Katanemimena.Cli.Replay;

/// <summary>Runs what a failure card names again, alone, with the programs as they are now.</summary>
/// <param name="file">The card.</param>
/// <param name="workplace">Folders for code and work.</param>
internal sealed class CardReplay(CardFile file, Workplace workplace)
{
    private readonly JobSpec _spec = file.Spec;

    /// <summary>Runs it.</summary>
    /// <exception cref="CommandError">A program or the data is no longer there.</exception>
    /// <exception cref="PermanentFault">The card does not hold enough.</exception>
    public async Task<ReplayOutcome> RunAsync(CancellationToken cancellation)
    {
        FailureCard card = file.Card;
        JobId job = JobId.TryParse(card.Job, out JobId id) ? id : new JobId("replay", 1);
        // Only what runs again is looked at: whether the others changed, or are gone, is all the same.
        var code = new JobCode(
            job,
            Current(_spec.Mapper, "mapper"),
            card.Role == "reducer" ? Current(_spec.Reducer, "reducer") : CodeFiles.Identity,
            card.Role == "combiner" && _spec.Combiner is { } combiner ? Current(combiner, "combiner") : null);
        await using UserCodeHost host = JobSession.HostFor(workplace, _spec.Options);
        bool lacksValues = card.Stage != "map" && (card.Values is null || card.ValuesCut);
        List<byte[]>? values = lacksValues ? await ValuesAsync(host, code, card, cancellation) : null;
        return RecordReplay.Run(host, code, card, values, _spec.Options.TaskTimeout, cancellation);
    }

    /// <summary>Collects the values of the card's key by mapping all input again; null if the card does not hold the key.</summary>
    private async Task<List<byte[]>?> ValuesAsync(UserCodeHost host, JobCode code, FailureCard card, CancellationToken cancellation)
    {
        if (card.Record is not { } key || card.RecordCut)
        {
            return null;
        }

        try
        {
            var values = new ValuesOfKey(key);
            await using IUserCode mapping = await host.OpenAsync(code with { Reducer = CodeFiles.Identity, Combiner = null }, cancellation);
            var id = new AttemptId(new TaskId(code.Job, TaskStage.Map, 0), "replay");
            foreach (InputFile input in _spec.Inputs)
            {
                using var records = new FileRecords(input);
                mapping.Map(AttemptAt(id, input, cancellation), records, values);
            }

            return values.Values;
        }
        catch (UserCodeFault fault)
        {
            throw new PermanentFault($"the card does not hold all values of its key, and they cannot be had by mapping the input again: {fault.Message}", fault);
        }
    }

    // Records that the job set aside are left out again; a streaming program looks for them from the second attempt on.
    private AttemptContext AttemptAt(AttemptId id, InputFile input, CancellationToken cancellation) => new()
    {
        Id = id,
        Ordinal = _spec.Options.SkipBadRecordsMax > 0 ? 2 : 1,
        SkipBadRecordsMax = _spec.Options.SkipBadRecordsMax,
        Cancellation = cancellation,
        Timeout = _spec.Options.TaskTimeout,
        Environment = StreamingEnvironment.ForMap(id, 1, input.Name, 0, -1),
    };

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
