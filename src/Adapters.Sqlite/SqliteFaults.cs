using Katanemimena.Core;

namespace Katanemimena.Adapters.Sqlite;

/// <summary>Turns an error of SQLite into a fault by what can be done. The one place that knows its error codes.</summary>
/// <remarks>Codes: https://sqlite.org/rescode.html, the primary ones.</remarks>
internal static class SqliteFaults
{
    internal static Exception Of(string path, SqliteError error) => error.Code switch
    {
        5 or 6 => new TransientFault($"the database '{path}' is busy: other processes write to it", error),
        7 => new TransientFault($"out of memory while using the database '{path}'", error),
        13 => new PermanentFault($"cannot write the database '{path}': no space left on the device; free some space there, or choose a folder on another device", error) { OfMachine = true },
        10 => new PermanentFault($"cannot read or write the database '{path}': the device reports an input/output error ({error.Message})", error) { OfMachine = true },
        3 or 8 or 14 or 23 => new PermanentFault($"cannot open or write the database '{path}' ({error.Message}); check that its folder exists and that this user may write there", error) { OfMachine = true },
        11 or 26 => new PermanentFault($"'{path}' is damaged or no database ({error.Message}); move it away to begin anew", error) { OfMachine = true },
        _ => new PermanentFault($"the database '{path}' failed: {error.Message}", error) { OfMachine = true },
    };
}
