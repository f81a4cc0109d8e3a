using Katanemimena.Adapters.AzureQueue;
using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Adapters;

/// <summary>Good options make a client; wrong ones are an error that names the setting and shows no secret.</summary>
public sealed class AzureQueueOptionsTests
{
    private const string Secret = "c2VjcmV0";
    private const string Account = $"AccountName=account;AccountKey={Secret}";

    [Theory]
    [InlineData("UseDevelopmentStorage=true", "http://127.0.0.1:10001/devstoreaccount1")]
    [InlineData($"DefaultEndpointsProtocol=https;{Account};EndpointSuffix=core.windows.net", "https://account.queue.core.windows.net/")]
    [InlineData($"DefaultEndpointsProtocol=http;{Account};QueueEndpoint=http://azurite:10001/account;", "http://azurite:10001/account")]
    [InlineData($"QueueEndpoint=https://account.queue.core.windows.net;SharedAccessSignature=sv=2021-08-06&ss=q&sig={Secret}", "https://account.queue.core.windows.net/")]
    public void Connection_string_tells_the_address(string connection, string endpoint) =>
        Assert.Equal(endpoint, Open(new AzureQueueOptions { ConnectionString = connection }).Endpoint);

    [Theory]
    [InlineData(AzureIdentity.Workload, null)]
    [InlineData(AzureIdentity.Workload, "11111111-2222-3333-4444-555555555555")]
    [InlineData(AzureIdentity.Managed, null)]
    [InlineData(AzureIdentity.Managed, "11111111-2222-3333-4444-555555555555")]
    public void Identity_goes_with_the_name_or_the_address_of_an_account(AzureIdentity identity, string? client)
    {
        Assert.Equal("https://account1.queue.core.windows.net/", Open(new AzureQueueOptions { AccountName = "account1", Identity = identity, ClientId = client }).Endpoint);
        Uri uri = new("https://account1.queue.core.chinacloudapi.cn");
        Assert.Equal(uri.AbsoluteUri, Open(new AzureQueueOptions { ServiceUri = uri, Identity = identity, ClientId = client }).Endpoint);
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData($"AccountKey={Secret}")]
    [InlineData($"AccountName=account;AccountKey=no!base64;EndpointSuffix=core.windows.net;Also={Secret}")]
    [InlineData($"BlobEndpoint=https://account.blob.core.windows.net;SharedAccessSignature=sv=2021-08-06&sig={Secret}")]
    [InlineData($"{Account};QueueEndpoint=no address")]
    public void Connection_string_that_is_none_is_refused(string connection) =>
        Refused(new AzureQueueOptions { ConnectionString = connection }, "ConnectionString");

    [Theory]
    [InlineData("")]
    [InlineData("ab")]
    [InlineData("Account")]
    [InlineData("account.queue.core.windows.net")]
    [InlineData("a123456789012345678901234")]
    public void Account_name_that_breaks_the_rules_is_refused(string account) => Refused(new AzureQueueOptions { AccountName = account }, "AccountName");

    [Theory]
    [InlineData("http://account.queue.core.windows.net")]
    [InlineData($"https://account.queue.core.windows.net/?sv=2021-08-06&sig={Secret}")]
    [InlineData($"https://user:{Secret}@account.queue.core.windows.net")]
    [InlineData("/account")]
    public void Service_address_that_tokens_must_not_go_to_is_refused(string uri) =>
        Refused(new AzureQueueOptions { ServiceUri = new Uri(uri, UriKind.RelativeOrAbsolute) }, "ServiceUri");

    [Theory]
    [InlineData("-blue")]
    [InlineData("Blue-")]
    [InlineData("blue--")]
    [InlineData("blue_")]
    [InlineData("a1234567890123456789012345678901234567890")]
    public void Prefix_that_breaks_the_rules_is_refused(string prefix) =>
        Refused(new AzureQueueOptions { AccountName = "account", NamePrefix = prefix }, "NamePrefix");

    [Theory]
    [InlineData(0.9)]
    [InlineData(301)]
    public void Timeout_beyond_its_range_is_refused(double seconds) =>
        Refused(new AzureQueueOptions { AccountName = "account", RequestTimeout = TimeSpan.FromSeconds(seconds) }, "RequestTimeout");

    [Fact]
    public void None_and_more_than_one_account_are_refused()
    {
        Refused(new AzureQueueOptions(), "ConnectionString, AccountName and ServiceUri");
        Refused(new AzureQueueOptions { AccountName = "account", ConnectionString = Account }, "ConnectionString, AccountName and ServiceUri");
    }

    private static AzureTaskQueue Open(AzureQueueOptions options) => new(options, TimeProvider.System);

    private static void Refused(AzureQueueOptions options, string setting)
    {
        PermanentFault fault = Assert.Throws<PermanentFault>(() => Open(options));
        Assert.True(fault.OfMachine);
        Assert.Contains(setting, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, fault.ToString(), StringComparison.Ordinal);
    }
}
