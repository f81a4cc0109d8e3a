using System.Net;
using System.Net.Sockets;

namespace Katanemimena.Access;

/// <summary>What counts as one address: an IPv4 address, or the /64 network of an IPv6 address, since one customer has at least that many.</summary>
internal static class AddressKey
{
    internal static string Of(IPAddress address)
    {
        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (plain.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return plain.ToString();
        }

        byte[] bytes = plain.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes) + "/64";
    }
}
