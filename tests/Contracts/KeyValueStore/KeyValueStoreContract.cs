using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Tests.Contracts;

/// <summary>What <see cref="IKeyValueStore"/> promises. Every adapter inherits all of it; each test has an empty store.</summary>
public abstract partial class KeyValueStoreContract
{
    protected static readonly CancellationToken Never = CancellationToken.None;

    /// <summary>The store under test.</summary>
    protected abstract IKeyValueStore Store { get; }

    /// <summary>Another client of the same store, as a second process would have; the same object where there can be no other.</summary>
    protected virtual IKeyValueStore Other => Store;

    /// <summary>Lets at least so much of the store's time pass; exactly so much where the clock is a manual one.</summary>
    protected abstract ValueTask PassAsync(TimeSpan time);

    /// <summary>Makes the store forget its revisions up to the present one, as it does by itself after a while.</summary>
    protected abstract ValueTask ForgetHistoryAsync();

    protected static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    protected static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected static string Text(KeyValue? value) => value is null ? "(none)" : Encoding.UTF8.GetString(value.Value.Span);

    protected static KeyWrite Put(string key, string value = "", LeaseId lease = default) => new KeyWrite.Put(key, Bytes(value), lease);

    protected static KeyWrite Delete(KeyRange range) => new KeyWrite.Delete(range);

    /// <summary>Writes in one transaction without conditions; returns its revision.</summary>
    protected async Task<long> WriteAsync(params KeyWrite[] writes)
    {
        TransactionResult result = await Store.TransactAsync(new Transaction { Writes = writes }, Never);
        Xunit.Assert.True(result.Succeeded);
        return result.Revision;
    }

    protected async Task<KeyValue?> GetAsync(string key) => (await Store.RangeAsync(KeyRange.One(key), Never)).Keys.SingleOrDefault();

    protected async Task<string[]> KeysAsync(KeyRange range) => [.. (await Store.RangeAsync(range, Never)).Keys.Select(value => value.Key)];

    protected async Task<long> RevisionAsync() => (await Store.RangeAsync(KeyRange.One("any"), Never)).Revision;
}
