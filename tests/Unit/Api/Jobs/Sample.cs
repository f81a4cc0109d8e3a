using System.Text.Json;
using Katanemimena.Tests.Contracts;

namespace Katanemimena.Tests.Unit.Api.Jobs;

/// <summary>A sample of the repository in one of its contracts.</summary>
internal sealed record Sample(string Folder, IReadOnlyList<string> Input, JsonElement Variant, string Format, string Expected)
{
    /// <summary>The repository's folder.</summary>
    public static string Root => RepositoryFolder.Root;

    private static string Samples { get; } = Path.Join(Root, "samples");

    public static IEnumerable<(string Folder, string Variant)> All() =>
        from folder in Directory.EnumerateDirectories(Samples).Order(StringComparer.Ordinal)
        from variant in Document(folder).GetProperty("variants").EnumerateArray()
        select (Path.GetFileName(folder), variant.GetProperty("name").GetString()!);

    public static Sample Read(string name, string variant)
    {
        string folder = Path.Join(Samples, name);
        JsonElement root = Document(folder);
        return new Sample(
            folder,
            [.. root.GetProperty("input").EnumerateArray().Select(file => Path.Join(folder, file.GetString()))],
            root.GetProperty("variants").EnumerateArray().Single(each => each.GetProperty("name").GetString() == variant),
            root.GetProperty("format").GetString()!,
            File.ReadAllText(Path.Join(folder, root.GetProperty("expected").GetString())));
    }

    public JobForm Form()
    {
        var form = new JobForm();
        foreach (string role in (string[])["mapper", "reducer", "combiner"])
        {
            if (Variant.TryGetProperty(role, out JsonElement file) && file.GetString() is { } program)
            {
                string path = Path.Join(Folder, program.Split('#')[0]);
                form.File(role, Path.GetFileName(program), File.ReadAllBytes(path));
            }
        }

        foreach (string input in Input)
        {
            form.File("input", Path.GetFileName(input), File.ReadAllBytes(input));
        }

        return form;
    }

    private static JsonElement Document(string folder) => JsonDocument.Parse(File.ReadAllBytes(Path.Join(folder, "sample.json"))).RootElement;
}
