using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Katanemimena.Adapters.Sqlite;

/// <summary>One SQL statement, prepared once, with the parameters <c>$0</c>, <c>$1</c> and so on: integers and bytes.</summary>
internal sealed class Statement : IDisposable
{
    private readonly SqliteCommand _command;

    internal Statement(SqliteConnection connection, string sql, int parameters = 0)
    {
        _command = connection.CreateCommand();
        _command.CommandText = sql;
        for (int number = 0; number < parameters; number++)
        {
            _command.Parameters.Add(new SqliteParameter { ParameterName = string.Create(CultureInfo.InvariantCulture, $"${number}") });
        }
    }

    /// <summary>Runs it and returns how many rows it changed.</summary>
    internal int Run(params ReadOnlySpan<object> values)
    {
        Bind(values);
        return _command.ExecuteNonQuery();
    }

    /// <summary>Runs it and returns the integer it gives, or null if there is no row or the value is null.</summary>
    internal long? Number(params ReadOnlySpan<object> values)
    {
        Bind(values);
        return _command.ExecuteScalar() is long number ? number : null;
    }

    /// <summary>Runs it and returns what is read of each row.</summary>
    internal List<T> Rows<T>(Func<SqliteDataReader, T> read, params ReadOnlySpan<object> values)
    {
        Bind(values);
        List<T> rows = [];
        using SqliteDataReader reader = _command.ExecuteReader();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    public void Dispose() => _command.Dispose();

    private void Bind(ReadOnlySpan<object> values)
    {
        for (int number = 0; number < values.Length; number++)
        {
            _command.Parameters[number].Value = values[number];
        }
    }
}
