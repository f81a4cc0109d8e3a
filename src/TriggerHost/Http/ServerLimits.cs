using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Katanemimena.TriggerHost;

/// <summary>How much a caller may send, and how long a caller may take to send it, before any function is asked.</summary>
public static class ServerLimits
{
    /// <summary>Most bytes of a body: 32 MiB. A function may allow less.</summary>
    public const int BodyBytesMax = 32 << 20;

    /// <summary>Most bytes of all headers together: 16 KiB, four times the longest token.</summary>
    public const int HeaderBytesMax = 16 << 10;

    /// <summary>Most bytes of the first line of a request: 8 KiB.</summary>
    public const int RequestLineBytesMax = 8 << 10;

    /// <summary>How long headers may take to come.</summary>
    public static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(15);

    /// <summary>How long a connection may stand idle.</summary>
    public static readonly TimeSpan KeepAliveTimeout = TimeSpan.FromSeconds(120);

    /// <summary>Sets them. The least rate of a body is the server's own: 240 bytes/s after 5 s.</summary>
    public static void Apply(KestrelServerOptions kestrel)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = BodyBytesMax;
        kestrel.Limits.MaxRequestHeadersTotalSize = HeaderBytesMax;
        kestrel.Limits.MaxRequestLineSize = RequestLineBytesMax;
        kestrel.Limits.RequestHeadersTimeout = HeadersTimeout;
        kestrel.Limits.KeepAliveTimeout = KeepAliveTimeout;
    }
}
