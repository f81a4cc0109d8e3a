using System.Buffers.Binary;

namespace Katanemimena.Runners;

/// <summary>Kinds of frames between the engine and the process that runs .NET code, in the form of <see cref="Frame"/>.</summary>
/// <remarks>
/// To the process: <c>Load</c>, which it answers; then <c>Run</c>, <c>Block</c> or <c>Groups</c> any number of times, <c>End</c>. From it, during a run:
/// <c>Pairs</c> and <c>Bad</c> any number of times; at its end <c>Report</c>, then <c>End</c> or <c>Fault</c>, after which it is of no more use.
/// A process that is given <c>Compile</c> answers that and gets nothing else.
/// </remarks>
internal static class HostFrame
{
    /// <summary>From the process: it is up.</summary>
    public const byte Ready = (byte)'R';

    /// <summary>To the process: a source to compile. From it: the assembly.</summary>
    public const byte Compile = (byte)'C';

    /// <summary>From the process: the compiler's errors.</summary>
    public const byte Errors = (byte)'c';

    /// <summary>To the process: a program to load, a <see cref="LoadRequest"/>. From it: loaded; the argument is the format of its output.</summary>
    public const byte Load = (byte)'L';

    /// <summary>To the process: a run begins, a <see cref="RunRequest"/>.</summary>
    public const byte Run = (byte)'T';

    /// <summary>To the process: a block of records; the argument is the offset of the first; the body is the file's name, then the records.</summary>
    public const byte Block = (byte)'B';

    /// <summary>To the process: groups as <see cref="GroupPacker"/> packs them; one may go on in the next frame.</summary>
    public const byte Groups = (byte)'G';

    /// <summary>To the process: there is no more input. From it: the run went well.</summary>
    public const byte End = (byte)'Z';

    /// <summary>From the process: pairs as <see cref="PackedPairs"/> holds them.</summary>
    public const byte Pairs = (byte)'P';

    /// <summary>From the process: a record set aside, its card and the whole of it.</summary>
    public const byte Bad = (byte)'b';

    /// <summary>From the process: the counters of the run; the argument is 1 if there were more than are kept.</summary>
    public const byte Report = (byte)'K';

    /// <summary>From the process: the card of a failure.</summary>
    public const byte Fault = (byte)'F';

    /// <summary>Whether a head is one that the process writes.</summary>
    public static bool IsFromProcess(ReadOnlySpan<byte> head) =>
        BinaryPrimitives.ReadUInt64LittleEndian(head) is Ready or Compile or Errors or Load or End or Pairs or Bad or Report or Fault or Frame.Alive
        && BinaryPrimitives.ReadInt64LittleEndian(head[8..]) >= 0;
}
