using Katanemimena.Core;
using Katanemimena.Wire;

namespace Katanemimena.Service;

/// <summary>The data of jobs in the store of datafiles.</summary>
/// <param name="store">The datafiles.</param>
/// <param name="quotaOf">Most bytes that a user may have stored; null if there is no such user.</param>
public sealed class DatafileJobData(DatafileStore store, Func<string, CancellationToken, ValueTask<long?>> quotaOf) : IJobData
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
    public async ValueTask<InputFile> AddAsync(string owner, string name, Stream content, CancellationToken cancellation)
    {
        Invariant.Holds(DatafileName.IsHidden(name), "data sent along has a hidden name");
        long quota = await quotaOf(owner, cancellation) ?? 0;
        return await store.AddAsync(owner, name, content, quota, cancellation) switch
        {
            BlockOutcome.Done done => done.File.ToInput(),
            BlockOutcome.OverQuota over => throw new JobRefused(ProblemCodes.OverQuota,
                $"you have {over.Stored} bytes stored, and with this data it would be more than the {quota} that are allowed: delete datafiles or ended jobs") { Field = "input" },
            BlockOutcome.TooSlow => throw new TransientFault("data sent along was under way for too long, and what came of it was swept away; send it again"),
            BlockOutcome other => throw new InvariantBroken($"data sent along has a name of its own, so it is not {other.GetType().Name}"),
        };
    }

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(string owner, IReadOnlyList<InputFile> inputs, CancellationToken cancellation)
    {
        foreach (string name in inputs.Select(input => input.Name).Where(DatafileName.IsHidden).Distinct(StringComparer.Ordinal))
        {
            await store.DeleteAsync(owner, name, cancellation);
        }
    }
}
