using System.Globalization;

namespace Katanemimena.Bench.Data;

/// <summary>One generated input file.</summary>
/// <param name="Name">First part of its file name.</param>
/// <param name="BytesAtFullScale">Size at scale 1.</param>
/// <param name="Generate">Fills it.</param>
internal sealed record DataSet(string Name, long BytesAtFullScale, Action<LineWriter, long> Generate)
{
    public static readonly DataSet Text = new("text", 256L << 20, Generators.Text);
    public static readonly DataSet UserNumbers = new("user-numbers", 256L << 20, Generators.UserNumbers);
    public static readonly DataSet Documents = new("documents", 128L << 20, Generators.Documents);
    public static readonly DataSet SortRecords = new("sort-records", 256L << 20, Generators.SortRecords);

    /// <summary>The file of this size, made if it is not there yet.</summary>
    /// <param name="folder">Where generated data is kept.</param>
    /// <param name="bytes">Wanted size; the last line may pass it.</param>
    public string Ensure(string folder, long bytes)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{Name}-{bytes}"));
        if (!File.Exists(path))
        {
            using (var writer = new LineWriter(File.Create(path + ".new"), bytes))
            {
                Generate(writer, bytes);
            }

            File.Move(path + ".new", path);
        }

        return path;
    }

    public long BytesAt(double scale) => Math.Max(1000, (long)(BytesAtFullScale * scale));
}
