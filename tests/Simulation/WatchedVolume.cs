using Katanemimena.Core;

namespace Katanemimena.Tests.Simulation;

/// <summary>The volume as the processes reach it; reports what is deleted or replaced to the checker.</summary>
internal sealed class WatchedVolume(IVolume volume, SimChecker checker, Func<string, string> rename) : IVolume
{
    public VolumeWriter Create(string path)
    {
        checker.OnFileChange(rename(path), exact: true);
        return volume.Create(rename(path));
    }

    public VolumeReader Open(string path) => volume.Open(rename(path));

    public bool Exists(string path) => volume.Exists(rename(path));

    public IReadOnlyList<string> List(string folder) => volume.List(folder);

    public void Delete(string path)
    {
        checker.OnFileChange(rename(path), exact: false);
        volume.Delete(rename(path));
    }
}
