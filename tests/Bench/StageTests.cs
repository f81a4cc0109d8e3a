using System.Reflection;
using BenchmarkDotNet.Attributes;
using Katanemimena.Stages;

namespace Katanemimena.Tests.Bench;

public sealed class StageTests
{
    [Fact]
    public void Every_stage_of_the_data_path_can_be_measured()
    {
        DataPathStages.InputBytes = 256 << 10;
        var stages = new DataPathStages();
        try
        {
            stages.SetUp();
            MethodInfo[] methods = [.. typeof(DataPathStages).GetMethods().Where(method => method.GetCustomAttribute<BenchmarkAttribute>() is not null)];
            Assert.All(methods, method => method.Invoke(stages, null));
            Assert.Equal(256 * 1024L * 10_000_000 / (256L << 20), stages.Result());
        }
        finally
        {
            stages.CleanUp();
        }
    }
}
