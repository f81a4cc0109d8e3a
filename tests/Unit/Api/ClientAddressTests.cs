using System.Net;
using Katanemimena.Api;
using Katanemimena.Core;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Katanemimena.Tests.Unit.Api;

public sealed class ClientAddressTests
{
    [Theory]
    [InlineData(0, false, "192.0.2.1", "203.0.113.9")]
    [InlineData(0, true, "192.0.2.1", null)]
    [InlineData(1, false, "192.0.2.1", "192.0.2.1")]
    [InlineData(1, false, "10.0.0.1, 192.0.2.1", "192.0.2.1")]
    [InlineData(2, false, "10.0.0.1, 192.0.2.1 , 192.0.2.2", "192.0.2.1")]
    [InlineData(1, true, "10.0.0.1,192.0.2.1", "192.0.2.1")]
    [InlineData(1, false, "192.0.2.1:443", "192.0.2.1")]
    [InlineData(1, false, "2001:db8::1", "2001:db8::1")]
    [InlineData(1, false, "[2001:db8::1]:443", "2001:db8::1")]
    [InlineData(1, false, "[2001:db8::1]", "2001:db8::1")]
    [InlineData(3, false, "10.0.0.1, 192.0.2.1", "203.0.113.9")]
    [InlineData(3, true, "10.0.0.1, 192.0.2.1", null)]
    [InlineData(1, false, "", "203.0.113.9")]
    [InlineData(1, false, "unknown", "203.0.113.9")]
    [InlineData(1, false, "192.0.2.1, ", "203.0.113.9")]
    [InlineData(1, false, "3221225985", "203.0.113.9")]
    [InlineData(1, false, "0xc0.0.2.1", "203.0.113.9")]
    [InlineData(1, false, "192.0.2", "203.0.113.9")]
    [InlineData(1, false, "192.0.2.001", "203.0.113.9")]
    [InlineData(1, false, "fe80::1%eth0", "203.0.113.9")]
    [InlineData(1, false, "[2001:db8::1", "203.0.113.9")]
    [InlineData(1, false, "[", "203.0.113.9")]
    [InlineData(1, true, "unknown", null)]
    public void Address_is_what_the_outermost_trusted_proxy_saw_or_the_connections(int proxies, bool behindRuntime, string forwarded, string? address) =>
        Assert.Equal(address, Of(new ClientAddress(proxies, behindRuntime), forwarded));

    [Fact]
    public void Header_sent_twice_is_one_list() =>
        Assert.Equal("192.0.2.1", Of(new ClientAddress(2, BehindRuntime: false), "10.0.0.1, 192.0.2.1", "192.0.2.2"));

    [Fact]
    public void Without_the_header_the_connection_counts() => Assert.Equal("203.0.113.9", Of(new ClientAddress(1, BehindRuntime: false)));

    [Theory]
    [InlineData(null, 0)]
    [InlineData("", 0)]
    [InlineData("2", 2)]
    public void Setting_is_read(string? setting, int proxies) => Assert.Equal(new ClientAddress(proxies, true), ClientAddress.Read(setting, behindRuntime: true));

    [Theory]
    [InlineData("-1")]
    [InlineData("11")]
    [InlineData("one")]
    public void Setting_that_is_no_number_of_proxies_is_refused(string setting) =>
        Assert.Contains(ClientAddress.Setting, Assert.Throws<PermanentFault>(() => ClientAddress.Read(setting, false)).Message, StringComparison.Ordinal);

    private static string? Of(ClientAddress address, params string[] forwarded)
    {
        DefaultHttpContext context = new();
        context.Connection.RemoteIpAddress = IPAddress.Parse("203.0.113.9");
        if (forwarded.Length > 0)
        {
            context.Request.Headers["X-Forwarded-For"] = forwarded;
        }

        return address.Of(context)?.ToString();
    }
}
