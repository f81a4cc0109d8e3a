using System.Text;

namespace Katanemimena.Runners;

/// <summary>Makes the names in a JSON object that is being written at the end of a buffer unique as <c>json.loads</c> does: the last value, in the place of the first.</summary>
internal sealed class MemberNames(ByteBuffer target)
{
    private readonly int _start = target.Length;
    private readonly List<(int Name, int Colon, int End)> _members = [];
    private int _name;
    private int _colon;

    /// <summary>A name is about to be written.</summary>
    public void NameBegins() => _name = target.Length;

    /// <summary>It is.</summary>
    public void NameEnded() => _colon = target.Length;

    /// <summary>Its value is, too.</summary>
    public void ValueEnded() => _members.Add((_name, _colon, target.Length));

    /// <summary>The object is complete: drops all but the last value of each name.</summary>
    public void KeepLast()
    {
        Dictionary<string, int> places = new(StringComparer.Ordinal);
        List<int> kept = [];
        for (int i = 0; i < _members.Count; i++)
        {
            string name = Encoding.Latin1.GetString(target.Span[_members[i].Name.._members[i].Colon]);
            if (places.TryAdd(name, kept.Count))
            {
                kept.Add(i);
            }
            else
            {
                kept[places[name]] = i;
            }
        }

        if (kept.Count == _members.Count)
        {
            return;
        }

        byte[] written = target.Span[_start..].ToArray();
        target.Truncate(_start);
        foreach (int i in kept)
        {
            target.Append(target.Length == _start ? (byte)'{' : (byte)',');
            target.Append(written.AsSpan(_members[i].Name - _start, _members[i].End - _members[i].Name));
        }

        target.Append((byte)'}');
    }
}
