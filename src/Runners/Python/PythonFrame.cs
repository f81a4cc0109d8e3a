using System.Buffers.Binary;

namespace Katanemimena.Runners;

/// <summary>Kinds of frames between the engine and <c>host.py</c>, in the form of <see cref="Frame"/>.</summary>
internal static class PythonFrame
{
    /// <summary>To the host: a program to load; from it: loaded.</summary>
    public const byte Load = (byte)'L';

    /// <summary>To the host: an attempt begins.</summary>
    public const byte Task = (byte)'T';

    /// <summary>To the host: a block of records; the argument is the offset of the first.</summary>
    public const byte Block = (byte)'B';

    /// <summary>To the host: a block of records to be taken one by one.</summary>
    public const byte BlockOneByOne = (byte)'b';

    /// <summary>To the host: whole groups.</summary>
    public const byte Groups = (byte)'G';

    /// <summary>To the host: whole groups to be taken one by one.</summary>
    public const byte GroupsOneByOne = (byte)'g';

    /// <summary>To the host: the key of a group whose values follow in frames of their own; the argument is 1 if a failure is to be reported as <see cref="Bad"/>.</summary>
    public const byte LargeGroup = (byte)'K';

    /// <summary>To the host: values of a large group.</summary>
    public const byte Values = (byte)'V';

    /// <summary>To the host: the large group ends.</summary>
    public const byte EndOfGroup = (byte)'E';

    /// <summary>Both ways: the attempt ends; all it wrote is in the pipes.</summary>
    public const byte End = (byte)'Z';

    /// <summary>From the host: lists of pairs, one after the other.</summary>
    public const byte Pairs = (byte)'P';

    /// <summary>From the host: a dict of pairs.</summary>
    public const byte Map = (byte)'M';

    /// <summary>From the host: a block, a batch of groups or a large group is done.</summary>
    public const byte Done = (byte)'D';

    /// <summary>From the host: the user's code failed on what is in hand; the argument is the record's index or -1.</summary>
    public const byte Failed = (byte)'F';

    /// <summary>From the host, one by one: the record or group of this index is next.</summary>
    public const byte Next = (byte)'A';

    /// <summary>From the host, one by one: the record or group of this index failed, and the work goes on.</summary>
    public const byte Bad = (byte)'B';

    /// <summary>Whether a head is one that the host writes.</summary>
    public static bool IsFromHost(ReadOnlySpan<byte> head) =>
        BinaryPrimitives.ReadUInt64LittleEndian(head) is Load or End or Pairs or Map or Done or Failed or Next or Bad or Frame.Alive && BinaryPrimitives.ReadInt64LittleEndian(head[8..]) >= 0;
}
