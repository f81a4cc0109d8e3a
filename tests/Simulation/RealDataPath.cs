using System.Globalization;
using System.Text;
using Katanemimena.Core;
using Katanemimena.DataPath;

namespace Katanemimena.Tests.Simulation;

/// <summary>The engine's own data path.</summary>
internal sealed class RealDataPath : SimDataPath
{
    public override MapOutcome Map(MapRequest request) => MapExecutor.Run(request);

    public override ReduceOutcome Reduce(ReduceRequest request) => ReduceExecutor.Run(request);

    public override SortedDictionary<string, long> Result(JobManifest manifest, IVolume volume)
    {
        Assert.True(JobId.TryParse(manifest.Job, out JobId job));
        using var output = new MemoryStream();
        var request = new ResultRequest
        {
            Parts = [.. manifest.Parts.Select((part, index) => new RunReference(new AttemptId(new TaskId(job, TaskStage.Reduce, index), part.Attempt), part.Path))],
            Values = manifest.Values,
            Volume = volume,
        };
        ResultReader.Write(request, output, CancellationToken.None);
        var result = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (string[] fields in Encoding.ASCII.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')))
        {
            result.Add(fields[0], long.Parse(fields[1], CultureInfo.InvariantCulture));
        }

        return result;
    }
}
