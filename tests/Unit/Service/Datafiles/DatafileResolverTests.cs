using Katanemimena.Adapters.FileSystem;
using Katanemimena.Core;
using Katanemimena.Service;
using Xunit;
using Folder = Katanemimena.Tests.Contracts.TemporaryFolder;

namespace Katanemimena.Tests.Unit.Service.Datafiles;

public sealed class DatafileResolverTests : IDisposable
{
    private static readonly string[] s_names =
    [
        "a", "a.txt", "A.txt", "b.txt", "log/1", "log/10", "log/2", "log/.old", "log/x/deep", "log/x/.git/config", "log2/1", ".hidden/f", ".dot", "x/y/z/w", "x/y/q.gz", "x-y/z",
    ];

    private readonly DatafileRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData("a")]
    [InlineData("*")]
    [InlineData("*.txt")]
    [InlineData("[ab]*")]
    [InlineData("[!a]*")]
    [InlineData("?")]
    [InlineData("log")]
    [InlineData("log/")]
    [InlineData("log/*")]
    [InlineData("log/[0-9]")]
    [InlineData("log/.*")]
    [InlineData("log*/1")]
    [InlineData(".*")]
    [InlineData(".hidden")]
    [InlineData("**")]
    [InlineData("**/1")]
    [InlineData("**/*.gz")]
    [InlineData("x/**")]
    [InlineData("x/**/z")]
    [InlineData("x/**/w")]
    [InlineData("**/**/w")]
    [InlineData("a/**")]
    [InlineData("log/x/.git/*")]
    [InlineData("**/config")]
    [InlineData("*/*/*/*")]
    [InlineData("x/y")]
    [InlineData("x?y")]
    [InlineData("x*")]
    [InlineData("nothing")]
    [InlineData("lo")]
    [InlineData("log/1/*")]
    [InlineData("[")]
    public async Task Patterns_find_what_they_find_in_a_folder(string pattern)
    {
        using var folder = new Folder();
        foreach (string name in s_names)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder.File(name))!);
            await File.WriteAllTextAsync(folder.File(name), name);
            await _rig.AddAsync(name);
        }

        Assert.Equal(InFolder(folder, pattern), await FoundAsync(pattern));
    }

    [Fact]
    public async Task Inputs_come_in_the_order_given_and_twice_if_named_twice()
    {
        foreach (string name in s_names)
        {
            await _rig.AddAsync(name);
        }

        IReadOnlyList<InputFile> inputs = await _rig.First.ResolveAsync(DatafileRig.Owner, ["log/2", "log/*", "a", "log/2"], default);
        Assert.Equal(["log/2", "log/1", "log/10", "log/2", "log/x/deep", "a", "log/2"], inputs.Select(input => input.Name));
        Assert.Equal(inputs[0], inputs[^1]);
        var reader = new DatafileReader(_rig.Volume);
        foreach (InputFile input in inputs)
        {
            using VolumeReader bytes = reader.Open(input);
            Assert.Equal(input.Name, System.Text.Encoding.ASCII.GetString(DatafileRig.ReadAll(bytes)));
        }
    }

    [Fact]
    public async Task More_names_than_fit_into_one_read_are_all_found()
    {
        string[] names = [.. Enumerable.Range(0, 300).Select(n => $"n{n}")];
        foreach (string name in names)
        {
            await _rig.AddAsync(name);
        }

        int reads = _rig.Store.Reads;
        Assert.Equal(names, (await _rig.First.ResolveAsync(DatafileRig.Owner, names, default)).Select(input => input.Name));
        Assert.Equal(reads, _rig.Store.Reads);
        Assert.Equal(300, (await _rig.First.ResolveAsync(DatafileRig.Owner, ["*"], default)).Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("b")]
    [InlineData("*b")]
    [InlineData("ä*")]
    [InlineData("../a")]
    [InlineData("/a")]
    [InlineData("*\\*")]
    [InlineData(".job/x")]
    [InlineData(".job/*")]
    [InlineData(".job")]
    [InlineData(".*/*")]
    public async Task Pattern_that_matches_nothing_is_an_error_that_names_it(string pattern)
    {
        await _rig.AddAsync("a");
        await _rig.AddAsync(".job/x");
        await _rig.AddAsync("b", owner: "bob");
        PermanentFault fault = await Assert.ThrowsAsync<PermanentFault>(async () => await _rig.First.ResolveAsync(DatafileRig.Owner, ["a", pattern], default));
        Assert.Contains(pattern.Length > 0 ? pattern : "empty", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("*", 1_000, 202)]
    [InlineData("n0", DatafileStore.InputsMax + 1, 0)]
    public async Task More_inputs_than_a_job_has_room_for_are_refused_before_all_are_looked_up(string pattern, int times, int readsMax)
    {
        foreach (int n in Enumerable.Range(0, 100))
        {
            await _rig.AddAsync($"n{n}");
        }

        int reads = _rig.Store.Reads;
        PermanentFault fault = await Assert.ThrowsAsync<PermanentFault>(
            async () => await _rig.First.ResolveAsync(DatafileRig.Owner, [.. Enumerable.Repeat(pattern, times)], default));
        Assert.Contains("fewer", fault.Message, StringComparison.Ordinal);
        Assert.InRange(_rig.Store.Reads - reads, 0, readsMax);
    }

    [Fact]
    public void Pattern_with_many_wild_parts_takes_no_long_time()
    {
        string name = string.Join('/', Enumerable.Repeat("a", 100));
        Assert.False(new DatafileGlob(string.Join('/', Enumerable.Repeat("**/*", 60)) + "/b").Matches(name));
    }

    private static string[] InFolder(Folder folder, string pattern)
    {
        try
        {
            return [.. InputResolver.Resolve([folder.File(pattern)]).Select(input => Path.GetRelativePath(folder.Path, input.Name))];
        }
        catch (PermanentFault)
        {
            return [];
        }
    }

    private async Task<string[]> FoundAsync(string pattern)
    {
        try
        {
            return [.. (await _rig.First.ResolveAsync(DatafileRig.Owner, [pattern], default)).Select(input => input.Name)];
        }
        catch (PermanentFault)
        {
            return [];
        }
    }
}
