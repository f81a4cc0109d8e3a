using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Katanemimena.Core;

namespace Katanemimena.Adapters.Etcd;

/// <summary>Makes the HTTP handler that the options ask for.</summary>
internal static class EtcdHandler
{
    /// <summary>A connection on which nothing comes is probed, so that a watch notices a member that is gone: after 10 s, every 5 s, 3 times.</summary>
    private const int ProbeAfterSeconds = 10, ProbeEverySeconds = 5, Probes = 3;

    /// <exception cref="PermanentFault">A certificate cannot be read.</exception>
    public static SocketsHttpHandler Create(EtcdOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            ConnectTimeout = options.CallTimeout,
            ConnectCallback = ConnectAsync,
        };
        try
        {
            Secure(handler.SslOptions, options);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            handler.Dispose();
            throw new PermanentFault($"a certificate or key for etcd cannot be read: {e.Message}", e);
        }

        return handler;
    }

    private static void Secure(SslClientAuthenticationOptions ssl, EtcdOptions options)
    {
        if (options.AuthorityFile is { } authorities)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.ImportFromPemFile(authorities);
            ssl.CertificateChainPolicy = policy;
        }

        if (options.CertificateFile is { } certificate)
        {
            ssl.ClientCertificates = [X509Certificate2.CreateFromPemFile(certificate, options.KeyFile)];
        }
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, ProbeAfterSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, ProbeEverySeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, Probes);
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
