using Katanemimena.Core;
using Katanemimena.Wire;

namespace Katanemimena.Service;

/// <summary>The data of jobs in the store of datafiles.</summary>
/// <param name="store">The datafiles.</param>
public sealed class DatafileJobData(DatafileStore store) : IJobData
{
    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<InputFile>> ResolveAsync(string owner, IReadOnlyList<string> patterns, CancellationToken cancellation)
    {
        try
        {
            return await store.ResolveAsync(owner, patterns, cancellation);
        }
        catch (PermanentFault fault) when (!fault.OfMachine)
        {
            throw new JobRefused(ProblemCodes.InvalidJob, fault.Message) { Field = "data" };
        }
    }

    /// <inheritdoc/>
    public async ValueTask<byte[]> ReadAsync(string owner, string name, int bytesMax, CancellationToken cancellation)
    {
        Datafile file = (DatafileName.Check(name) is null && !DatafileName.IsHidden(name) ? await store.FindAsync(owner, name, cancellation) : null)
            ?? throw new JobRefused(ProblemCodes.NotFound, $"there is no datafile '{SentText.Quoted(name)}'");
        if (file.Bytes > bytesMax)
        {
            throw new JobRefused(ProblemCodes.TooLarge, $"the datafile '{name}' has {file.Bytes} bytes; at most {bytesMax} are taken here");
        }

        using VolumeReader reader = store.Open(file);
        byte[] bytes = new byte[file.Bytes];
        int read = reader.Read(0, bytes);
        Invariant.Holds(read == bytes.Length, "a datafile has the length it says");
        return bytes;
    }

    /// <inheritdoc/>
    public async ValueTask<InputFile> AddAsync(string owner, UserStanding standing, string name, Stream content, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(standing);
        Invariant.Holds(DatafileName.IsHidden(name), "data sent along has a hidden name");
        return await store.AddAsync(owner, name, content, standing, cancellation) switch
        {
            BlockOutcome.Done done => done.File.ToInput(),
            BlockOutcome.OverQuota over => throw new JobRefused(ProblemCodes.OverQuota,
                $"you have {over.Stored} bytes stored, and with this data it would be more than the {standing.StoredBytesMax} that are allowed: {JobRefused.HowToMakeRoom}") { Field = "input" },
            BlockOutcome.TooMany many => throw new JobRefused(ProblemCodes.OverQuota,
                $"you have {many.Datafiles} datafiles, data sent along with jobs included, and {standing.DatafilesMax} are allowed: delete datafiles or ended jobs") { Field = "input" },
            BlockOutcome.NoAccount => throw JobRefused.NoAccount(),
            BlockOutcome.TooSlow => throw Swept(),
            BlockOutcome other => throw new InvariantBroken($"data sent along has a name of its own, so it is not {other.GetType().Name}"),
        };
    }

    /// <inheritdoc/>
    public async ValueTask<KeyCondition> KeepAsync(string owner, InputFile input, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(input);
        return await store.SentAsync(owner, input.Name, cancellation) ?? throw Swept();
    }

    /// <inheritdoc/>
    public ValueTask DeleteAsync(string owner, IReadOnlyList<InputFile> inputs, CancellationToken cancellation) =>
        store.DeleteSentAsync(owner, [.. inputs.Select(input => input.Name).Where(DatafileName.IsHidden).Distinct(StringComparer.Ordinal)], cancellation);

    private static TransientFault Swept() => new("data sent along was under way for too long, and what came of it was swept away; send it again");
}
