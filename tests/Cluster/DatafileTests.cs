using System.Globalization;
using System.Text;
using Katanemimena.Core;
using Katanemimena.Service;
using Katanemimena.Tests.Cluster.Running;

namespace Katanemimena.Tests.Cluster;

/// <summary>Datafiles over a real etcd and a folder as the volume, read by workers that are processes of their own.</summary>
public sealed class DatafileTests(RunningCluster cluster) : IClassFixture<RunningCluster>
{
    private const string Owner = "ada";
    private const int BlockBytes = DatafileStore.BlockBytesMin;

    private static readonly CancellationToken s_never = CancellationToken.None;

    [Fact]
    public async Task Job_reads_a_datafile_that_two_senders_brought_up_and_that_was_deleted_since()
    {
        byte[] text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 200_000).Select(line => $"w{line % 7} line{line}\n")));
        Assert.True(text.Length > 2 * BlockBytes);
        await Task.WhenAll(SendAsync(text), SendAsync(text));
        Assert.Equal(text.Length, await cluster.Datafiles().StoredBytesAsync(Owner, s_never));

        IReadOnlyList<InputFile> inputs = await cluster.Datafiles().ResolveAsync(Owner, ["in/*.txt"], s_never);
        string code = cluster.Write("first.py", "def map(key, line):\n    yield line.split()[0], 1\n");
        string sum = cluster.Write("sum.py", "def reduce(key, values):\n    yield key, sum(values)\n");
        JobId job = await cluster.SubmitAsync(inputs, code, sum, options: new JobOptions { ChunkBytes = 300_000, Reducers = 3, Workers = 4 });
        Assert.True(await cluster.Datafiles().DeleteAsync(Owner, "in/a.txt", s_never));
        string expected = string.Concat(Enumerable.Range(0, 7).Select(word => string.Create(
            CultureInfo.InvariantCulture, $"w{word}\t{Enumerable.Range(0, 200_000).Count(line => line % 7 == word)}\n")));
        Assert.Equal(expected, Encoding.ASCII.GetString(await cluster.ResultAsync(job)));

        // What was deleted counts until its blocks are swept away.
        Assert.Equal(text.Length, await cluster.Datafiles().StoredBytesAsync(Owner, s_never));
    }

    /// <summary>Sends a file in blocks and goes on where it is told to, until it is there.</summary>
    private async Task SendAsync(byte[] file)
    {
        DatafileStore store = cluster.Datafiles();
        for (long at = 0; ;)
        {
            long length = Math.Min(BlockBytes, file.Length - at);
            var block = new BlockRequest { Owner = Owner, Name = "in/a.txt", Offset = at, Length = length, Total = file.Length };
            try
            {
                BlockOutcome outcome = await store.PutAsync(block, new MemoryStream(file, (int)at, (int)length), s_never);
                if (outcome is BlockOutcome.Done or BlockOutcome.Exists)
                {
                    return;
                }

                at = outcome switch
                {
                    BlockOutcome.Received received => received.Upload.Received,
                    BlockOutcome.WrongOffset wrong => wrong.There,
                    _ => throw new InvalidOperationException($"unexpected outcome {outcome}"),
                };
            }
            catch (TransientFault)
            {
                // The other sender has ended the upload; sent again, the block is compared.
            }
        }
    }
}
