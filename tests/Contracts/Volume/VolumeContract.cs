using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Contracts;

/// <summary>What <see cref="IVolume"/> promises. Every adapter inherits all of it; each test has an empty volume.</summary>
public abstract partial class VolumeContract
{
    /// <summary>The volume under test.</summary>
    protected abstract IVolume Volume { get; }

    /// <summary>The same volume as another process sees it; the same object where there can be no other.</summary>
    protected virtual IVolume Other => Volume;

    protected void Publish(string path, params ReadOnlySpan<byte> content)
    {
        using VolumeWriter writer = Volume.Create(path);
        writer.Write(content);
        writer.Publish();
    }

    protected byte[] ReadAll(string path)
    {
        using VolumeReader reader = Other.Open(path);
        return ReadAll(reader);
    }

    protected static byte[] ReadAll(VolumeReader reader)
    {
        byte[] content = new byte[reader.Length];
        Assert.Equal(content.Length, reader.Read(0, content));
        return content;
    }

    protected static byte[] Noise(int seed, int bytes)
    {
        byte[] noise = new byte[bytes];
        new Random(seed).NextBytes(noise);
        return noise;
    }
}
