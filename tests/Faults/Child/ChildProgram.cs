using Xunit.Runner.InProc.SystemConsole;

namespace Katanemimena.Tests.Faults;

/// <summary>Lets the test program play a small program of its own, to be killed or starved: the tests start themselves again under this name.</summary>
internal static class ChildProgram
{
    /// <summary>The environment variable that names what to do, and those of its arguments.</summary>
    internal const string Variable = "KATANEMIMENA_FAULTS_CHILD";

    internal const string FolderVariable = "KATANEMIMENA_FAULTS_FOLDER";

    private static readonly Dictionary<string, Func<string, Task>> Programs = new()
    {
        [nameof(StorageChildren.WriteStoreAsync)] = StorageChildren.WriteStoreAsync,
        [nameof(StorageChildren.PublishFilesAsync)] = StorageChildren.PublishFilesAsync,
        [nameof(StorageChildren.HoldLockAsync)] = StorageChildren.HoldLockAsync,
        [nameof(StorageChildren.FillVolumeAsync)] = StorageChildren.FillVolumeAsync,
        [nameof(StorageChildren.FillStoreAsync)] = StorageChildren.FillStoreAsync,
    };

    /// <summary>Plays a child if the environment says so, else runs the tests.</summary>
    internal static async Task<int> Main(string[] arguments)
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } name)
        {
            return await ConsoleRunner.Run(arguments);
        }

        await Programs[name](Environment.GetEnvironmentVariable(FolderVariable)!);
        return 0;
    }

    /// <summary>Tells the parent one line, at once.</summary>
    internal static void Say(string line)
    {
        lock (Programs)
        {
            Console.Out.WriteLine(line);
            Console.Out.Flush();
        }
    }
}
