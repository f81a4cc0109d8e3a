namespace Katanemimena.Core;

/// <summary>What every key-value store refuses, checked the same way by each before it does anything.</summary>
public static class KeyValueRules
{
    /// <summary>Most conditions, most writes and reads together, and most reads otherwise: 128, the limit of etcd (<c>--max-txn-ops</c>).</summary>
    public const int OperationsMax = 128;

    /// <summary>Most bytes the values of one transaction may have together: 1 MiB.</summary>
    public const int ValueBytesMax = 1 << 20;

    /// <summary>Checks a transaction.</summary>
    /// <exception cref="ArgumentException">It is too large, writes a key twice, or names a key that is empty or not ASCII.</exception>
    public static void Check(Transaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        CheckCount(transaction.Conditions.Count, "conditions");
        CheckCount(transaction.Writes.Count + transaction.Reads.Count, "writes and reads");
        CheckCount(transaction.ReadsOtherwise.Count, "reads otherwise");
        foreach (KeyCondition condition in transaction.Conditions)
        {
            CheckKey(condition.Key);
            ArgumentOutOfRangeException.ThrowIfNegative(condition.ModifyRevision);
        }

        CheckWrites(transaction.Writes);
        foreach (KeyRange range in transaction.Reads.Concat(transaction.ReadsOtherwise))
        {
            Check(range);
        }
    }

    /// <summary>Checks a range.</summary>
    /// <exception cref="ArgumentException">Its start is empty or not ASCII, or its limit negative.</exception>
    public static void Check(KeyRange range)
    {
        CheckKey(range.Start);
        ArgumentOutOfRangeException.ThrowIfNegative(range.Limit);
    }

    /// <summary>Checks the time of a lease.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is under 1 s or not of whole seconds.</exception>
    public static void CheckTimeToLive(TimeSpan timeToLive)
    {
        if (timeToLive < TimeSpan.FromSeconds(1) || timeToLive.Ticks % TimeSpan.TicksPerSecond != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(timeToLive), timeToLive, "a lease lasts whole seconds, at least one");
        }
    }

    private static void CheckWrites(IReadOnlyList<KeyWrite> writes)
    {
        long valueBytes = 0;
        HashSet<string> puts = new(writes.Count, StringComparer.Ordinal);
        foreach (KeyWrite write in writes)
        {
            if (write is KeyWrite.Put put)
            {
                CheckKey(put.Key);
                valueBytes += put.Value.Length;
                if (!puts.Add(put.Key))
                {
                    throw new ArgumentException($"the transaction writes key '{put.Key}' twice");
                }
            }
            else
            {
                Check(((KeyWrite.Delete)write).Range);
            }
        }

        CheckDeletes(writes, puts);
        if (valueBytes > ValueBytesMax)
        {
            throw new ArgumentException($"the values of the transaction have {valueBytes} bytes together; at most {ValueBytesMax} are allowed");
        }
    }

    private static void CheckDeletes(IReadOnlyList<KeyWrite> writes, HashSet<string> puts)
    {
        foreach (KeyWrite write in writes)
        {
            if (write is KeyWrite.Delete delete && puts.FirstOrDefault(delete.Range.Contains) is { } both)
            {
                throw new ArgumentException($"the transaction both puts and deletes key '{both}'");
            }
        }
    }

    private static void CheckKey(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        if (!System.Text.Ascii.IsValid(key))
        {
            throw new ArgumentException($"key '{key}' is not ASCII", nameof(key));
        }
    }

    private static void CheckCount(int count, string what)
    {
        if (count > OperationsMax)
        {
            throw new ArgumentException($"the transaction has {count} {what}; at most {OperationsMax} are allowed");
        }
    }
}
