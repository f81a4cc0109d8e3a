using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.Service;

/// <summary>Finds datafiles by name, folder and glob.</summary>
internal sealed class DatafileResolver(IKeyValueStore store)
{
    /// <summary>The keys of an owner's datafiles, hidden ones left out, that begin with a prefix and come after a name.</summary>
    internal static IEnumerable<KeyRange> Visible(string owner, string prefix, string? after)
    {
        string files = DatafileKeys.FilesOf(owner);
        KeyRange wanted = KeyRange.Prefix(files + prefix);
        KeyRange hidden = KeyRange.Prefix(files + DatafileName.Hidden);
        string start = after is { Length: > 0 } ? Later(wanted.Start, files + after + "\0") : wanted.Start;
        KeyRange[] ranges = [new(start, Earlier(wanted.End!, hidden.Start)), new(Later(start, hidden.End!), wanted.End)];
        return ranges.Where(range => string.CompareOrdinal(range.Start, range.End) < 0);
    }

    /// <summary>Reads a datafile of an owner.</summary>
    internal static Datafile Read(string owner, KeyValue key) =>
        new(owner, key.Key[DatafileKeys.FilesOf(owner).Length..], DatafileDocuments.Read(key, DatafileDocuments.Default.StoredFile)!);

    /// <inheritdoc cref="DatafileStore.ResolveAsync"/>
    internal async ValueTask<IReadOnlyList<InputFile>> ResolveAsync(string owner, IReadOnlyList<string> patterns, CancellationToken cancellation)
    {
        // Each pattern stands for an input at least.
        RequireFew(patterns.Count);
        Dictionary<string, Datafile> named = await NamedAsync(owner, patterns, cancellation);
        List<InputFile> inputs = [];
        foreach (string pattern in patterns)
        {
            int before = inputs.Count;
            if (named.TryGetValue(pattern, out Datafile? file))
            {
                inputs.Add(file.ToInput());
            }
            else
            {
                await foreach (Datafile match in MatchesAsync(owner, pattern, cancellation))
                {
                    inputs.Add(match.ToInput());
                    RequireFew(inputs.Count);
                }
            }

            if (inputs.Count == before)
            {
                throw new PermanentFault(pattern.Length == 0
                    ? "a name of a datafile is empty: give a name, a folder or a glob"
                    : $"{SentText.Quoted(pattern)}: no datafile {(GlobPattern.IsPattern(pattern) ? "matches" : "has this name")}");
            }
        }

        return inputs;
    }

    /// <summary>Those of the patterns that are names, read many at a time.</summary>
    private async ValueTask<Dictionary<string, Datafile>> NamedAsync(string owner, IReadOnlyList<string> patterns, CancellationToken cancellation)
    {
        Dictionary<string, Datafile> named = new(StringComparer.Ordinal);
        IEnumerable<string> names = patterns.Distinct(StringComparer.Ordinal).Where(name => DatafileName.Check(name) is null && !DatafileName.IsHidden(name));
        foreach (string[] some in names.Chunk(KeyValueRules.OperationsMax))
        {
            TransactionResult found = await store.TransactAsync(
                new Transaction { Reads = [.. some.Select(name => KeyRange.One(DatafileKeys.File(owner, name)))] }, cancellation);
            foreach (KeyValue key in found.Reads.SelectMany(read => read.Keys))
            {
                Datafile file = Read(owner, key);
                named.Add(file.Name, file);
            }
        }

        return named;
    }

    private async IAsyncEnumerable<Datafile> MatchesAsync(
        string owner, string pattern, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var glob = new DatafileGlob(pattern);
        if (!DatafileName.IsBeginning(glob.Prefix))
        {
            yield break;
        }

        foreach (KeyRange range in Visible(owner, glob.Prefix, null))
        {
            await foreach (KeyValue key in StorePages.ReadAsync(store, range, cancellation))
            {
                if (Read(owner, key) is var file && glob.Matches(file.Name))
                {
                    yield return file;
                }
            }
        }
    }

    /// <summary>A few characters of pattern stand for any number of inputs, so it is not left to the size of the specification to stop them.</summary>
    private static void RequireFew(int inputs)
    {
        if (inputs > DatafileStore.InputsMax)
        {
            throw new PermanentFault(string.Create(CultureInfo.InvariantCulture, $"the job would have more than {DatafileStore.InputsMax} inputs; put the data into fewer, larger files"));
        }
    }

    private static string Later(string left, string right) => string.CompareOrdinal(left, right) >= 0 ? left : right;

    private static string Earlier(string left, string right) => string.CompareOrdinal(left, right) <= 0 ? left : right;
}
