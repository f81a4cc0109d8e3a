using Katanemimena.Access;
using Katanemimena.Api;
using Katanemimena.Core;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Katanemimena.Tests.Unit.Api;

public sealed class ApiSettingsTests
{
    [Fact]
    public void Defaults_are_those_of_the_docs()
    {
        ApiSettings settings = Read();
        Assert.Equal(new ApiSettings(new UserQuota(20, 50L << 30), 10_000, null, new ClientAddress(0, BehindRuntime: true), null, null, 4), settings);
    }

    [Fact]
    public void Settings_are_read()
    {
        ApiSettings settings = Read(
            ("QUOTA_RUNNING_JOBS", "3"), ("QUOTA_STORED_BYTES", "0"), ("QUOTA_DATAFILES", "12"), ("METRICS_TOKEN", "0123456789abcdef"), ("TRUSTED_PROXIES", "1"), ("ADMIN_NAME", "boss"), ("ADMIN_PASSWORD", "p"), ("WORKERS_PLANNED", "7"));
        Assert.Equal(new ApiSettings(new UserQuota(3, 0), 12, "0123456789abcdef", new ClientAddress(1, BehindRuntime: true), "boss", "p", 7), settings);
        Assert.Equal(nameof(ApiSettings), settings.ToString());
    }

    [Theory]
    [InlineData("QUOTA_RUNNING_JOBS", "-1")]
    [InlineData("QUOTA_RUNNING_JOBS", "2147483648")]
    [InlineData("QUOTA_STORED_BYTES", "50G")]
    [InlineData("QUOTA_DATAFILES", "many")]
    [InlineData("METRICS_TOKEN", "0123456789abcde")]
    [InlineData("TRUSTED_PROXIES", "yes")]
    [InlineData("WORKERS_PLANNED", "0")]
    [InlineData("WORKERS_PLANNED", "1001")]
    public void Setting_that_is_wrong_is_named(string name, string value) =>
        Assert.Contains(name, Assert.Throws<PermanentFault>(() => Read((name, value))).Message, StringComparison.Ordinal);

    [Fact]
    public void Token_that_is_too_short_is_not_quoted() =>
        Assert.DoesNotContain("guess-me", Assert.Throws<PermanentFault>(() => Read(("METRICS_TOKEN", "guess-me"))).ToString(), StringComparison.Ordinal);

    [Fact]
    public void Key_that_is_missing_is_told_with_the_settings_that_give_it()
    {
        string message = Assert.Throws<PermanentFault>(() => ApiSettings.ReadKeyEncryption(Configuration())).Message;
        Assert.Contains("KEY_ENCRYPTION_KEY_FILE", message, StringComparison.Ordinal);
        Assert.NotNull(ApiSettings.ReadKeyEncryption(Configuration(("KEY_ENCRYPTION_KEY", Convert.ToBase64String(new byte[32])))));
    }

    private static ApiSettings Read(params (string Name, string Value)[] settings) => ApiSettings.Read(Configuration(settings), behindRuntime: true);

    private static IConfiguration Configuration(params (string Name, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value))).Build();
}
