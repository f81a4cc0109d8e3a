using System.Runtime.CompilerServices;

namespace Katanemimena.DataPath;

/// <summary>A tree of losers over segment cursors: the least key is on top, ties by the cursor's position.</summary>
/// <remarks>Knuth, The Art of Computer Programming 3, 5.4.1. Nodes hold the cursors' key prefixes, so that most matches are played within
/// one small array, and without branches that the processor could guess wrong.</remarks>
internal sealed unsafe class CursorTree : IDisposable
{
    private readonly SegmentCursor[] _cursors;
    private readonly NativeBuffer _memory;
    private readonly Node* _nodes;

    /// <summary>Builds the tree over cursors that stand at their first key.</summary>
    /// <param name="cursors">At least one.</param>
    /// <param name="commonBytes">Bytes all keys start with; prefixes begin after them.</param>
    /// <param name="pool">Memory of the nodes.</param>
    public CursorTree(SegmentCursor[] cursors, int commonBytes, NativePool pool)
    {
        _cursors = cursors;
        CommonBytes = commonBytes;
        _memory = new NativeBuffer(pool);
        _nodes = (Node*)_memory.Reserve((long)sizeof(Node) * cursors.Length);
        TopIndex = Build(1);
    }

    /// <summary>Bytes all keys start with.</summary>
    public int CommonBytes { get; }

    /// <summary>Position of the cursor with the least key.</summary>
    public int TopIndex { get; private set; }

    /// <summary>The cursor with the least key.</summary>
    public SegmentCursor Top => _cursors[TopIndex];

    /// <summary>Finds the new top after the top cursor moved to its next key.</summary>
    public void Replay()
    {
        long winner = TopIndex;
        ulong prefix = _cursors[winner].Prefix;
        for (long node = (winner + _cursors.Length) >> 1; node > 0; node >>= 1)
        {
            Node* opponent = _nodes + node;
            ulong other = opponent->Prefix;
            long loser = opponent->Cursor;
            bool swap = other < prefix;
            if (other == prefix)
            {
                swap = TiedLess(loser, winner);
            }

            long mask = -(long)Unsafe.As<bool, byte>(ref swap);
            ulong difference = (other ^ prefix) & (ulong)mask;
            long distance = (loser ^ winner) & mask;
            opponent->Prefix = other ^ difference;
            opponent->Cursor = loser ^ distance;
            prefix ^= difference;
            winner ^= distance;
        }

        TopIndex = (int)winner;
    }

    /// <summary>Gives the nodes back; the cursors are their owner's.</summary>
    public void Dispose() => _memory.Dispose();

    private int Build(int node)
    {
        if (node >= _cursors.Length)
        {
            return node - _cursors.Length;
        }

        int left = Build(2 * node);
        int right = Build((2 * node) + 1);
        bool leftWins = Less(left, right);
        int loser = leftWins ? right : left;
        _nodes[node] = new Node { Prefix = _cursors[loser].Prefix, Cursor = loser };
        return leftWins ? left : right;
    }

    private bool Less(int a, int b)
    {
        ulong first = _cursors[a].Prefix;
        ulong second = _cursors[b].Prefix;
        return first != second ? first < second : TiedLess(a, b);
    }

    /// <summary>Whether <paramref name="a"/> comes first although the prefixes are equal.</summary>
    private bool TiedLess(long a, long b)
    {
        SegmentCursor first = _cursors[a];
        SegmentCursor second = _cursors[b];
        if (first.Done || second.Done)
        {
            return first.Done == second.Done ? a < b : second.Done;
        }

        int shown = CommonBytes + sizeof(ulong);
        int order = first.KeyLength <= shown && second.KeyLength <= shown
            ? first.KeyLength - second.KeyLength
            : new ReadOnlySpan<byte>(first.Key, first.KeyLength).SequenceCompareTo(new ReadOnlySpan<byte>(second.Key, second.KeyLength));
        return order != 0 ? order < 0 : a < b;
    }

    private struct Node
    {
        public ulong Prefix;
        public long Cursor;
    }
}
