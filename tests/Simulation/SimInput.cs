using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Tests.Simulation;

/// <summary>Input files in memory, and the right answer: how often every word occurs.</summary>
internal sealed class SimInput : IDataFiles
{
    /// <summary>Smallest chunk a job may ask for.</summary>
    public const int ChunkBytes = 1024;

    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    public SimInput(Random random)
    {
        for (int file = random.Next(3); file >= 0; file--)
        {
            _files[$"input-{file}"] = Text(random, random.Next(3 * ChunkBytes));
        }

        Files = [.. _files.Select(file => new InputFile(file.Key, file.Value.Length, false)).OrderBy(file => file.Name, StringComparer.Ordinal)];
        foreach (string word in _files.Values.SelectMany(text => Encoding.ASCII.GetString(text).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)))
        {
            Reference[word] = Reference.GetValueOrDefault(word) + 1;
        }
    }

    public IReadOnlyList<InputFile> Files { get; }

    public SortedDictionary<string, long> Reference { get; } = new(StringComparer.Ordinal);

    public VolumeReader Open(InputFile file) => new Reader(_files[file.Name]);

    private static byte[] Text(Random random, int bytes)
    {
        var text = new StringBuilder();
        while (text.Length < bytes)
        {
            text.Append('w').Append(random.Next(40)).Append(random.Next(6) == 0 ? '\n' : ' ');
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private sealed class Reader(byte[] bytes) : VolumeReader
    {
        public override long Length => bytes.Length;

        public override int Read(long offset, Span<byte> buffer)
        {
            int count = (int)Math.Clamp(bytes.Length - offset, 0, buffer.Length);
            bytes.AsSpan((int)Math.Min(offset, bytes.Length), count).CopyTo(buffer);
            return count;
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
