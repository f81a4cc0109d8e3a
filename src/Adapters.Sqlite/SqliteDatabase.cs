using System.Diagnostics;
using Katanemimena.Core;
using SQLitePCL;

namespace Katanemimena.Adapters.Sqlite;

/// <summary>One database file, open for one adapter. Other processes may have it open too.</summary>
/// <remarks>
/// Write-ahead log: a commit survives the death of the process at any moment; with <c>synchronous=FULL</c> a power failure too.
/// Writers that meet in this process share one commit, and so one sync: the first runs the work of all who came while the one before
/// it was at work.
/// </remarks>
internal sealed class SqliteDatabase : IDisposable
{
    private const int BusyTimeoutMilliseconds = 10_000;
    private const int BusyPauseMilliseconds = 1;
    private const int PrimaryCode = 0xff; // an extended result code keeps the primary one in its last byte
    private const int BatchMax = 64;

    private readonly string _path;
    private readonly sqlite3 _connection;
    private readonly List<Statement> _statements = [];
    private readonly Lock _connectionGate = new();
    private readonly Lock _pendingGate = new();
    private readonly Queue<Work> _pending = new();
    private readonly Statement _begin;
    private readonly Statement _beginImmediate;
    private readonly Statement _commit;
    private readonly Statement _rollback;
    private bool _led;
    private bool _disposed;

    static SqliteDatabase() => Batteries_V2.Init();

    /// <summary>Opens the file, creating it and its tables if they are missing.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="applicationId">Marks what the file holds.</param>
    /// <param name="synchronous">FULL to survive a power failure, NORMAL to survive the death of the process.</param>
    /// <param name="schema">The tables.</param>
    /// <exception cref="PermanentFault">The file cannot be opened, or holds something else.</exception>
    internal SqliteDatabase(string path, int applicationId, string synchronous, string schema)
    {
        _path = Path.GetFullPath(path);
        int code = raw.sqlite3_open_v2(_path, out _connection, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE | raw.SQLITE_OPEN_NOMUTEX, null);
        try
        {
            Check(code);
            raw.sqlite3_extended_result_codes(_connection, 1);
            Check(raw.sqlite3_busy_timeout(_connection, BusyTimeoutMilliseconds));
            UseWriteAheadLog();
            Run($"PRAGMA synchronous={synchronous}; PRAGMA temp_store=MEMORY");
            MakeTables(applicationId, schema);
        }
        catch (SqliteError error)
        {
            _connection.Dispose();
            throw SqliteFaults.Of(_path, error);
        }
        catch
        {
            _connection.Dispose();
            throw;
        }

        _begin = Prepare("BEGIN");
        _beginImmediate = Prepare("BEGIN IMMEDIATE");
        _commit = Prepare("COMMIT");
        _rollback = Prepare("ROLLBACK");
    }

    /// <summary>Prepares a statement, which lives as long as the database is open.</summary>
    internal Statement Prepare(string sql)
    {
        try
        {
            Statement statement = new(_connection, sql);
            _statements.Add(statement);
            return statement;
        }
        catch (SqliteError error)
        {
            throw SqliteFaults.Of(_path, error);
        }
    }

    /// <summary>Runs reads, all of which see the same state.</summary>
    internal T Read<T>(Func<T> work)
    {
        lock (_connectionGate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(SqliteDatabase));
            try
            {
                _begin.Run();
                return work();
            }
            catch (SqliteError error)
            {
                throw SqliteFaults.Of(_path, error);
            }
            finally
            {
                End(_commit);
            }
        }
    }

    /// <summary>Runs reads and writes, all or none of which count. Work that throws anything but an SQLite error must have written nothing of its own.</summary>
    /// <remarks>Who is called to run the next batch runs it on the thread pool: others wait for it, so it must not wait for a busy context.</remarks>
    internal async ValueTask<T> WriteAsync<T>(Func<T> work)
    {
        Work<T> mine = new(work);
        bool lead;
        lock (_pendingGate)
        {
            _pending.Enqueue(mine);
            lead = !_led;
            _led = true;
        }

        if (lead || await mine.Called.Task.ConfigureAwait(false))
        {
            RunBatch();
        }

        return mine.Outcome();
    }

    public void Dispose()
    {
        lock (_connectionGate)
        {
            if (!_disposed)
            {
                _disposed = true;
                _statements.ForEach(statement => statement.Dispose());
                _connection.Dispose();
            }
        }
    }

    private void RunBatch()
    {
        List<Work> batch = [];
        lock (_pendingGate)
        {
            while (batch.Count < BatchMax && _pending.TryDequeue(out Work? work))
            {
                batch.Add(work);
            }
        }

        try
        {
            Commit(batch);
        }
        finally
        {
            Work? next;
            lock (_pendingGate)
            {
                _led = _pending.TryPeek(out next);
            }

            foreach (Work done in batch)
            {
                done.Called.TrySetResult(false);
            }

            next?.Called.TrySetResult(true);
        }
    }

    private void Commit(List<Work> batch)
    {
        lock (_connectionGate)
        {
            try
            {
                ObjectDisposedException.ThrowIf(_disposed, typeof(SqliteDatabase));
                _beginImmediate.Run();
                batch.ForEach(work => work.Run());
                _commit.Run();
            }
            catch (Exception error)
            {
                End(_rollback);
                Exception fault = error is SqliteError sqlite ? SqliteFaults.Of(_path, sqlite) : error;
                batch.ForEach(work => work.Fail(fault));
            }
        }
    }

    /// <remarks>After some errors SQLite has ended the transaction by itself.</remarks>
    private void End(Statement end)
    {
        if (!_disposed && raw.sqlite3_get_autocommit(_connection) == 0)
        {
            try
            {
                end.Run();
            }
            catch (SqliteError) when (raw.sqlite3_get_autocommit(_connection) != 0)
            {
            }
        }
    }

    private void MakeTables(int applicationId, string schema)
    {
        using Statement readId = new(_connection, "PRAGMA application_id");
        if (readId.Number() is var found && found == applicationId)
        {
            return;
        }

        Run("BEGIN IMMEDIATE");
        using Statement countTables = new(_connection, "SELECT count(*) FROM sqlite_schema");
        found = readId.Number();
        if (found != applicationId && (found != 0 || countTables.Number() != 0))
        {
            throw new PermanentFault($"'{_path}' is a database of something else, or of another version; choose another folder");
        }

        Run(found == applicationId ? "ROLLBACK" : $"{schema}; PRAGMA application_id={applicationId}; COMMIT");
    }

    /// <remarks>When several connections switch a new file to the log at once, SQLite calls it busy without waiting, so that they do not wait for each other.</remarks>
    private void UseWriteAheadLog()
    {
        long start = Stopwatch.GetTimestamp();
        int code;
        while (((code = raw.sqlite3_exec(_connection, "PRAGMA journal_mode=WAL")) & PrimaryCode) == raw.SQLITE_BUSY
            && Stopwatch.GetElapsedTime(start).TotalMilliseconds < BusyTimeoutMilliseconds)
        {
            Thread.Sleep(BusyPauseMilliseconds);
        }

        Check(code);
    }

    private void Run(string sql) => Check(raw.sqlite3_exec(_connection, sql));

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
        {
            throw new SqliteError(code, raw.sqlite3_errmsg(_connection).utf8_to_string());
        }
    }

    /// <summary>One caller's part of a batch.</summary>
    private abstract class Work
    {
        /// <summary>Set when the work is done (false), or when its caller is to run the next batch (true).</summary>
        internal TaskCompletionSource<bool> Called { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal abstract void Run();

        internal abstract void Fail(Exception fault);
    }

    private sealed class Work<T>(Func<T> work) : Work
    {
        private T? _result;
        private System.Runtime.ExceptionServices.ExceptionDispatchInfo? _fault;

        internal override void Run()
        {
            try
            {
                _result = work();
            }
            catch (LeaseEnded ended)
            {
                Fail(ended);
            }
        }

        internal override void Fail(Exception fault) => _fault ??= System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(fault);

        internal T Outcome()
        {
            _fault?.Throw();
            return _result!;
        }
    }
}
