using System.Net.Sockets;
using System.Text;

namespace Katanemimena.Tests.Unit.Api;

/// <summary>A request as it is written, which clients would put right.</summary>
internal static class RawRequest
{
    /// <summary>Sends a request and reads the answer to its end.</summary>
    /// <param name="server">Where to.</param>
    /// <param name="line">The first line.</param>
    /// <param name="token">An access token.</param>
    /// <param name="header">One more header.</param>
    /// <param name="body">The body.</param>
    internal static async Task<string> SendAsync(Uri server, string line, string token, string header, string body = "")
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port);
        await using NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"{line}\r\nHost: {server.Authority}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n{header}\r\n\r\n{body}"));
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync();
    }
}
