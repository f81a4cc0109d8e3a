using SQLitePCL;

namespace Katanemimena.Adapters.Sqlite;

/// <summary>One SQL statement, prepared once, with parameters numbered from <c>?1</c>. Used under the database's lock.</summary>
internal sealed class Statement : IDisposable
{
    private readonly sqlite3 _connection;
    private readonly sqlite3_stmt _statement;

    internal Statement(sqlite3 connection, string sql)
    {
        _connection = connection;
        Check(raw.sqlite3_prepare_v3(connection, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
    }

    /// <summary>Runs it and returns how many rows it changed.</summary>
    internal int Run(params ReadOnlySpan<SqlValue> values)
    {
        Rows(static _ => true, values);
        return raw.sqlite3_changes(_connection);
    }

    /// <summary>Runs it and returns the integer it gives, or null if there is no row or the value is null.</summary>
    internal long? Number(params ReadOnlySpan<SqlValue> values) =>
        Rows(static row => row.IsNull(0) ? (long?)null : row.Number(0), values) is [var number, ..] ? number : null;

    /// <summary>Runs it and returns what is read of each row.</summary>
    internal List<T> Rows<T>(Func<Statement, T> read, params ReadOnlySpan<SqlValue> values)
    {
        Bind(values);
        try
        {
            List<T> rows = [];
            while (Check(raw.sqlite3_step(_statement)) == raw.SQLITE_ROW)
            {
                rows.Add(read(this));
            }

            return rows;
        }
        finally
        {
            raw.sqlite3_reset(_statement);
        }
    }

    /// <summary>An integer of the row being read.</summary>
    internal long Number(int column) => raw.sqlite3_column_int64(_statement, column);

    /// <summary>Bytes of the row being read, valid while it is.</summary>
    internal ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(_statement, column);

    public void Dispose() => _statement.Dispose();

    private bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;

    private void Bind(ReadOnlySpan<SqlValue> values)
    {
        for (int number = 0; number < values.Length; number++)
        {
            Check(values[number] switch
            {
                { Bytes: null } value => raw.sqlite3_bind_int64(_statement, number + 1, value.Number),
                { Bytes: [] } => raw.sqlite3_bind_zeroblob(_statement, number + 1, 0),
                { Bytes: { } bytes } => raw.sqlite3_bind_blob(_statement, number + 1, bytes),
            });
        }
    }

    private int Check(int code) =>
        code is raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE ? code : throw new SqliteError(code, raw.sqlite3_errmsg(_connection).utf8_to_string());
}

/// <summary>A parameter: an integer, or bytes.</summary>
internal readonly record struct SqlValue(long Number, byte[]? Bytes)
{
    public static implicit operator SqlValue(long number) => new(number, null);

    public static implicit operator SqlValue(byte[] bytes) => new(0, bytes);
}

/// <summary>SQLite's own report of a failure; <see cref="SqliteFaults"/> turns it into a fault.</summary>
/// <param name="code">Result code, extended.</param>
/// <param name="message">SQLite's words.</param>
internal sealed class SqliteError(int code, string message) : Exception($"SQLite error {code}: {message}")
{
    /// <summary>The primary result code.</summary>
    internal int Code { get; } = code & 0xff;
}
