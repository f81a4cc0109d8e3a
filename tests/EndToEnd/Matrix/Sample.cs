using System.Text.Json;
using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd.Matrix;

/// <summary>One folder under samples/, as its sample.json describes it.</summary>
/// <param name="Input">Input files, in the order in which their records count.</param>
/// <param name="Format">Format of the result.</param>
/// <param name="Expected">File with the result's exact bytes.</param>
/// <param name="Reference">Name of the variant that the sequential reference runs.</param>
/// <param name="Variants">The same job under one or more contracts.</param>
public sealed record Sample(IReadOnlyList<string> Input, string Format, string Expected, string Reference, IReadOnlyList<SampleVariant> Variants)
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    /// <summary>Folder names of all samples.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Directory.EnumerateDirectories(Path.Join(PublishedMrctl.Root, "samples")).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];

    /// <summary>Reads one sample's description.</summary>
    public static Sample Read(string name) =>
        JsonSerializer.Deserialize<Sample>(File.ReadAllText(PathOf(name, "sample.json")), Options)!;

    /// <summary>Full path of a file of a sample.</summary>
    public static string PathOf(string name, string file) => Path.Join(PublishedMrctl.Root, "samples", name, file);

    /// <summary>The variant of this name.</summary>
    public SampleVariant Variant(string name) => Variants.Single(variant => variant.Name == name);
}

/// <summary>One contract's programs for a sample; paths are relative to its folder.</summary>
/// <param name="Name">Unique in the sample.</param>
/// <param name="Contract">As <c>--contract</c> names it.</param>
/// <param name="Mapper">The mapper.</param>
/// <param name="Reducer">The reducer, or null for none.</param>
/// <param name="Combiner">The combiner, or null for none.</param>
public sealed record SampleVariant(string Name, string Contract, string Mapper, string? Reducer, string? Combiner);
