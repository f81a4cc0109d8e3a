using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>One call of a program over all of its input, on the calling thread.</summary>
/// <remarks>A unit that failed in a manner that does not name the record (a process that ended, a value that JSON cannot hold) is run again in
/// another process, record by record, to find it; so user code may see a record twice when it fails.</remarks>
internal static class PythonRun
{
    /// <summary>Runs it to the end of its input.</summary>
    /// <exception cref="UserCodeFault">It failed.</exception>
    public static void Run(PythonRunner runner, PythonProgram program, AttemptContext attempt, IPythonFeed feed, PairReader pairs, IPairSink output)
    {
        bool whole = false;
        var call = new PythonCall(runner, program, attempt, feed);
        try
        {
            // A combiner's bad key is not set aside: other map tasks' values of it would remain, and the result would be silently wrong.
            if (attempt.SkipBadRecordsMax > 0 && program.Role != "combiner")
            {
                new PythonHeldRun(call, attempt, feed, pairs, output).Run();
            }
            else
            {
                new PythonFastRun(call, feed, pairs, output).Run();
            }

            whole = true;
        }
        catch (ProgramFailure failure)
        {
            throw new UserCodeFault(call.Card(failure), failure);
        }
        finally
        {
            call.Close(whole);
        }
    }
}
