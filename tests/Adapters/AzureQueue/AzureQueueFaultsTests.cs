using System.Net.Sockets;
using Azure;
using Azure.Identity;
using Katanemimena.Adapters.AzureQueue;
using Katanemimena.Core;
using Microsoft.Identity.Client;
using Xunit;

namespace Katanemimena.Tests.Adapters;

/// <summary>Errors that no service on this machine can be brought to give: those of name servers and of the authority that gives tokens.</summary>
public sealed class AzureQueueFaultsTests
{
    private static readonly CancellationToken s_never = CancellationToken.None;

    [Theory]
    [InlineData(SocketError.HostNotFound, true)]
    [InlineData(SocketError.NoData, true)]
    [InlineData(SocketError.TryAgain, false)]
    [InlineData(SocketError.ConnectionRefused, false)]
    [InlineData(SocketError.ConnectionReset, false)]
    [InlineData(SocketError.HostUnreachable, false)]
    public void Only_a_name_that_nobody_has_is_permanent(SocketError code, bool permanent)
    {
        HttpRequestException cause = new("no way", new SocketException((int)code));
        Check(permanent, new RequestFailedException("no way", cause));
        Check(permanent, cause);
    }

    [Fact]
    public void Identity_that_is_not_there_is_permanent() => Check(true, new CredentialUnavailableException("no token file"));

    [Fact]
    public void Identity_that_is_refused_is_permanent() => Check(true, new AuthenticationFailedException("AADSTS700016", new InvalidOperationException("refused")));

    [Theory]
    [InlineData(0)]
    [InlineData(429)]
    [InlineData(503)]
    public void Authority_in_trouble_is_transient(int status) =>
        Check(false, new AuthenticationFailedException("no token", new RequestFailedException(status, "trouble")));

    [Theory]
    [InlineData(400, true)]
    [InlineData(404, false)]
    [InlineData(410, false)]
    [InlineData(500, false)]
    public void Endpoint_of_a_managed_identity_refuses_or_is_in_trouble(int status, bool permanent)
    {
        MsalServiceException cause = new("managed_identity_request_failed", "no", status);
        Check(permanent, new AuthenticationFailedException("no token", cause));
        Check(permanent, new CredentialUnavailableException("no token", cause));
    }

    [Fact]
    public void Authority_out_of_reach_is_transient()
    {
        Check(false, new CredentialUnavailableException("no token", new HttpRequestException("no way")));
        Check(false, new AuthenticationFailedException("no token", new HttpRequestException("no way")));
        Check(false, new AuthenticationFailedException("no token", new TaskCanceledException()));
    }

    [Fact]
    public void Cancellation_is_no_fault_but_a_timeout_is()
    {
        Assert.Null(AzureQueueFaults.Of(new TaskCanceledException(), "host", new CancellationToken(true)));
        Check(false, new TaskCanceledException());
    }

    [Fact]
    public void Bugs_are_no_faults() => Assert.Null(AzureQueueFaults.Of(new InvalidCastException(), "host", s_never));

    private static void Check(bool permanent, Exception error)
    {
        Exception? fault = AzureQueueFaults.Of(error, "account.queue.core.windows.net", s_never);
        Assert.Equal(permanent ? typeof(PermanentFault) : typeof(TransientFault), fault?.GetType());
        Assert.Contains("account.queue.core.windows.net", fault!.Message, StringComparison.Ordinal);
    }
}
