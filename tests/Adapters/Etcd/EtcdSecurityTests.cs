using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Katanemimena.Adapters.Etcd;
using Katanemimena.Core;
using Katanemimena.Tests.Contracts;
using Katanemimena.Tests.Contracts.Services;
using Xunit;

namespace Katanemimena.Tests.Adapters;

/// <summary>Users, passwords and certificates.</summary>
public sealed class EtcdSecurityTests
{
    private const string Password = "xK3-not-in-any-message";

    private static readonly CancellationToken s_never = CancellationToken.None;

    [Fact]
    public async Task User_is_authenticated_and_again_when_the_token_is_gone()
    {
        await using EtcdServer etcd = await WithUserAsync();
        using EtcdKeyValueStore store = Open(etcd.Client, Password);
        Assert.True((await store.TransactAsync(new Transaction { Writes = [new KeyWrite.Put("/a", default)] }, s_never)).Succeeded);
        await etcd.RestartAsync();
        Assert.Equal(1, (await store.RangeAsync(KeyRange.One("/a"), s_never)).Count);
    }

    [Theory]
    [InlineData("wrong-" + Password)]
    [InlineData(null)]
    public async Task Wrong_password_or_none_is_refused_for_good_without_naming_it(string? password)
    {
        await using EtcdServer etcd = await WithUserAsync();
        using EtcdKeyValueStore store = Open(etcd.Client, password);
        PermanentFault fault = await Assert.ThrowsAsync<PermanentFault>(() => store.RangeAsync(KeyRange.One("/a"), s_never).AsTask());
        Assert.Contains("check user, password and role", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Members_and_clients_know_each_other_by_certificates()
    {
        using var folder = new TemporaryFolder();
        Certificates.Write(folder);
        await using EtcdServer etcd = new EtcdServer
        {
            Arguments = ["--cert-file", folder.File("server.pem"), "--key-file", folder.File("server.key"), "--client-cert-auth", "--trusted-ca-file", folder.File("authority.pem")],
        }.OverTls();
        await etcd.StartAsync();
        var options = new EtcdOptions
        {
            Endpoints = [etcd.Client],
            AuthorityFile = folder.File("authority.pem"),
            CertificateFile = folder.File("client.pem"),
            KeyFile = folder.File("client.key"),
        };
        using var store = new EtcdKeyValueStore(options, TimeProvider.System);
        await Waiting.UntilAsync(
            async () =>
            {
                try
                {
                    return (await store.TransactAsync(new Transaction { Writes = [new KeyWrite.Put("/a", default)] }, s_never)).Succeeded;
                }
                catch (TransientFault)
                {
                    return false; // it listens before it has elected itself
                }
            },
            "etcd answers over TLS");

        using var trusting = new EtcdKeyValueStore(options with { AuthorityFile = null }, TimeProvider.System);
        await Assert.ThrowsAsync<TransientFault>(() => trusting.RangeAsync(KeyRange.One("/a"), s_never).AsTask());
        using var anonymous = new EtcdKeyValueStore(options with { CertificateFile = null, KeyFile = null }, TimeProvider.System);
        await Assert.ThrowsAsync<TransientFault>(() => anonymous.RangeAsync(KeyRange.One("/a"), s_never).AsTask());
    }

    [Theory]
    [InlineData("")]
    [InlineData("etcd:2379x")]
    [InlineData("ftp://etcd:2379")]
    [InlineData("http://root:secret@etcd:2379")]
    public void Endpoints_that_are_none_are_refused_without_repeating_them(string text)
    {
        PermanentFault fault = Assert.Throws<PermanentFault>(() => EtcdOptions.ParseEndpoints(text));
        Assert.Contains("endpoint of etcd", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Endpoints_are_read_from_one_text() =>
        Assert.Equal([new Uri("https://etcd-0:2379"), new Uri("http://127.0.0.1:1")], EtcdOptions.ParseEndpoints("https://etcd-0:2379, http://127.0.0.1:1,"));

    [Fact]
    public void Certificate_that_cannot_be_read_is_named()
    {
        var options = new EtcdOptions { Endpoints = [new Uri("https://127.0.0.1:1")], AuthorityFile = "/no/such/file.pem" };
        Assert.Contains("/no/such/file.pem", Assert.Throws<PermanentFault>(() => new EtcdKeyValueStore(options, TimeProvider.System)).Message, StringComparison.Ordinal);
    }

    private static async Task<EtcdServer> WithUserAsync()
    {
        var etcd = new EtcdServer();
        await etcd.StartAsync();
        await etcd.CallAsync("v3/auth/user/add", $$"""{"name": "root", "password": "{{Password}}"}""");
        await etcd.CallAsync("v3/auth/role/add", """{"name": "root"}""");
        await etcd.CallAsync("v3/auth/user/grant", """{"user": "root", "role": "root"}""");
        await etcd.CallAsync("v3/auth/enable", "{}");
        return etcd;
    }

    private static EtcdKeyValueStore Open(Uri endpoint, string? password) =>
        new(new EtcdOptions { Endpoints = [endpoint], User = password is null ? null : "root", Password = password }, TimeProvider.System);

    /// <summary>An authority, and a server and a client that it signed for.</summary>
    private static class Certificates
    {
        public static void Write(TemporaryFolder folder)
        {
            using var key = RSA.Create(2048);
            var request = new CertificateRequest("CN=authority", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            DateTimeOffset now = TimeProvider.System.GetUtcNow();
            using X509Certificate2 authority = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(2));
            File.WriteAllText(folder.File("authority.pem"), authority.ExportCertificatePem());
            WriteSigned(folder, "server", authority, now, 1);
            WriteSigned(folder, "client", authority, now, 2);
        }

        private static void WriteSigned(TemporaryFolder folder, string name, X509Certificate2 authority, DateTimeOffset now, byte serial)
        {
            using var key = RSA.Create(2048);
            var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            var names = new SubjectAlternativeNameBuilder();
            names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
            // etcd's gateway calls the server with the server's own certificate, so that has to be good for both.
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
            using X509Certificate2 signed = request.Create(authority, now.AddHours(-1), now.AddDays(1), [serial]);
            File.WriteAllText(folder.File($"{name}.pem"), signed.ExportCertificatePem());
            File.WriteAllText(folder.File($"{name}.key"), key.ExportPkcs8PrivateKeyPem());
        }
    }
}
