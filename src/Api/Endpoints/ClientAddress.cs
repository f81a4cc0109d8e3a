using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Katanemimena.Core;
using Microsoft.AspNetCore.Http;

namespace Katanemimena.Api;

/// <summary>Finds out where a caller is: from the connection, or from what proxies of ours say, never from what a caller may choose.</summary>
/// <param name="Proxies">How many proxies in front append the address that they saw to <c>X-Forwarded-For</c>.</param>
/// <param name="BehindRuntime">Whether the connection is always the Functions runtime's, which appends nothing.</param>
public sealed record ClientAddress(int Proxies, bool BehindRuntime)
{
    /// <summary>The setting that says how many proxies there are.</summary>
    public const string Setting = "TRUSTED_PROXIES";

    private const string Forwarded = "X-Forwarded-For";
    private const int ProxiesMax = 10;

    /// <summary>Reads the setting; 0 if it is not set.</summary>
    /// <exception cref="PermanentFault">It is no number from 0 to 10.</exception>
    public static ClientAddress Read(string? setting, bool behindRuntime) =>
        string.IsNullOrEmpty(setting) ? new ClientAddress(0, behindRuntime)
        : int.TryParse(setting, NumberStyles.None, CultureInfo.InvariantCulture, out int proxies) && proxies <= ProxiesMax ? new ClientAddress(proxies, behindRuntime)
        : throw new PermanentFault($"{Setting} is '{SentText.Quoted(setting)}'; a number from 0 to {ProxiesMax} is wanted");

    /// <summary>The caller's address, or null if it is not known.</summary>
    public IPAddress? Of(HttpContext context) => (Proxies > 0 ? Entry(context) : null) ?? (BehindRuntime ? null : context.Connection.RemoteIpAddress);

    /// <summary>The entry of the outermost of our proxies, counted from the right: what is left of it came with the request.</summary>
    private IPAddress? Entry(HttpContext context)
    {
        string[] entries = [.. context.Request.Headers[Forwarded].SelectMany(value => (value ?? "").Split(','))];
        return entries.Length >= Proxies ? Parse(entries[^Proxies].Trim()) : null;
    }

    /// <summary>An address, alone or with a port; written as addresses are, since others' short forms are not to count as other addresses.</summary>
    private static IPAddress? Parse(string text)
    {
        string bare = text.StartsWith('[') ? text[1..Math.Max(1, text.IndexOf(']', StringComparison.Ordinal))]
            : text.Contains('.', StringComparison.Ordinal) && text.Split(':') is [var before, var port] && ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? before
            : text;
        return IPAddress.TryParse(bare, out IPAddress? address)
            && (address.AddressFamily == AddressFamily.InterNetworkV6 ? address.ScopeId == 0 && !bare.Contains('%', StringComparison.Ordinal) : address.ToString() == bare)
            ? address
            : null;
    }
}
