using Katanemimena.Core;

namespace Katanemimena.Tests.Unit.Api;

/// <summary>A volume on which files break after they were published.</summary>
internal sealed class FailingVolume(IVolume volume) : IVolume
{
    private volatile Break? _break;

    /// <summary>From now on, whatever is read of the files whose path has this in it fails from an offset on.</summary>
    public void BreakOff(string part, long offset) => _break = new Break(part, offset, Silently: false);

    /// <summary>From now on, those files end at the offset, though they say that they are longer.</summary>
    public void Truncate(string part, long offset) => _break = new Break(part, offset, Silently: true);

    public VolumeWriter Create(string path) => volume.Create(path);

    public VolumeReader Open(string path) =>
        _break is { } broken && path.Contains(broken.Part, StringComparison.Ordinal) ? new Reader(volume.Open(path), broken) : volume.Open(path);

    public bool Exists(string path) => volume.Exists(path);

    public IReadOnlyList<string> List(string folder) => volume.List(folder);

    public void Delete(string path) => volume.Delete(path);

    private sealed record Break(string Part, long Offset, bool Silently);

    private sealed class Reader(VolumeReader file, Break broken) : VolumeReader
    {
        public override long Length => file.Length;

        public override int Read(long offset, Span<byte> buffer)
        {
            int good = (int)Math.Clamp(broken.Offset - offset, 0, buffer.Length);
            return good == buffer.Length || broken.Silently ? file.Read(offset, buffer[..good]) : throw new PermanentFault("SECRET-PATH: input/output error") { OfMachine = true };
        }

        protected override void Dispose(bool disposing) => file.Dispose();
    }
}
