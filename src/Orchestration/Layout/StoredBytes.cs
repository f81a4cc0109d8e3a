using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>The bytes an owner has stored, as a value of the store: what all who count read and write under <see cref="JobKeys.StoredGate"/>.</summary>
public static class StoredBytes
{
    /// <summary>Reads them; 0 for no key.</summary>
    /// <exception cref="PermanentFault">The value is damaged.</exception>
    public static long Read(KeyValue? stored) =>
        stored is null ? 0
        : Number.TryRead(stored.Value.Span, out long bytes) ? bytes
        : throw new PermanentFault($"the number under '{stored.Key}' is damaged") { OfMachine = true };

    /// <summary>Writes them; to be made on condition that the key is as it was read.</summary>
    public static KeyWrite.Put Write(string gate, long bytes)
    {
        Invariant.Holds(bytes >= 0, "bytes stored are never fewer than none");
        return new KeyWrite.Put(gate, Number.Write(bytes));
    }
}
