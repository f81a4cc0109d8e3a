using System.Net;

namespace Katanemimena.Client;

/// <summary>Where a server is.</summary>
public sealed class ServiceAddress
{
    private ServiceAddress(Uri root) => Root = root;

    /// <summary>The server's address, ending with <c>/</c>; the API is below it, at <c>api/</c>.</summary>
    public Uri Root { get; }

    /// <summary>Where the API is, ending with <c>/</c>.</summary>
    public Uri Api => new(Root, "api/");

    /// <summary>Whether it is this machine.</summary>
    public bool IsLoopback => Root.IsLoopback || (IPAddress.TryParse(Root.DnsSafeHost, out IPAddress? address) && IPAddress.IsLoopback(address));

    /// <summary>Whether passwords and tokens would go over a network that others may listen to.</summary>
    public bool IsInTheClear => Root.Scheme == Uri.UriSchemeHttp && !IsLoopback;

    /// <summary>Reads an address as people write it: <c>https://mr.example.org</c>, also with a port and a path.</summary>
    /// <param name="text">The address.</param>
    /// <param name="address">What was read.</param>
    /// <returns>False if it is not an address by http or https, or holds a user, a query or a fragment.</returns>
    public static bool TryParse(string text, out ServiceAddress? address)
    {
        address = null;
        if (!Uri.TryCreate(text.Trim(), UriKind.Absolute, out Uri? uri)
            || (uri.Scheme != Uri.UriSchemeHttps && uri.Scheme != Uri.UriSchemeHttp)
            || uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0 || uri.Host.Length == 0)
        {
            return false;
        }

        string path = uri.AbsolutePath.TrimEnd('/');
        path = path.EndsWith("/api", StringComparison.Ordinal) ? path[..^4] : path;
        address = new ServiceAddress(new UriBuilder(uri) { Path = path + "/" }.Uri);
        return true;
    }

    /// <summary>The address without the last <c>/</c>.</summary>
    public override string ToString() => Root.AbsoluteUri.TrimEnd('/');
}
