using System.Collections.Concurrent;
using Katanemimena.Adapters.Sqlite;
using Katanemimena.Core;
using Katanemimena.Tests.Contracts;
using Xunit;

namespace Katanemimena.Tests.Adapters;

/// <summary>Opening a database that others open too.</summary>
public sealed class SqliteOpeningTests
{
    /// <summary>Whoever finds the file being made waits until it is made; under load one was once told that it is busy.</summary>
    [Fact]
    public void Clients_that_open_one_new_file_at_once_wait_for_each_other()
    {
        using var folder = new TemporaryFolder();
        for (int round = 0; round < 30; round++)
        {
            string path = folder.File($"{round}.db");
            using var start = new Barrier(4);
            var failures = new ConcurrentQueue<Exception>();
            Thread[] openers = [.. Enumerable.Range(0, 4).Select(_ => new Thread(Open))];
            Array.ForEach(openers, opener => opener.Start());
            Array.ForEach(openers, opener => opener.Join());
            Assert.Empty(failures);

            void Open()
            {
                start.SignalAndWait();
                try
                {
                    using var store = new SqliteKeyValueStore(path, TimeProvider.System, survivesPowerFailure: true);
                    var put = new Transaction { Writes = [new KeyWrite.Put("/k", new byte[1])] };
                    Assert.True(store.TransactAsync(put, CancellationToken.None).AsTask().Result.Succeeded);
                }
                catch (Exception failure)
                {
                    failures.Enqueue(failure);
                }
            }
        }
    }

    /// <summary>Neither is anything wrong with the job nor with how the command was used.</summary>
    [Fact]
    public void A_file_that_is_damaged_is_the_machines_fault()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("state.db");
        File.WriteAllText(path, "this is text, and no database by far: its first bytes are not what they have to be");
        PermanentFault fault = Assert.Throws<PermanentFault>(() => new SqliteKeyValueStore(path, TimeProvider.System).Dispose());
        Assert.True(fault.OfMachine, fault.Message);
        Assert.Contains(path, fault.Message, StringComparison.Ordinal);
    }
}
