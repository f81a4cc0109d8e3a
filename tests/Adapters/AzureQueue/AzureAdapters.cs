using Katanemimena.Adapters.AzureQueue;
using Katanemimena.Core;
using Katanemimena.Tests.Contracts;
using Katanemimena.Tests.Contracts.Services;
using Xunit;

namespace Katanemimena.Tests.Adapters;

/// <summary>Azurite, started once for a class of tests. Each test has an account of its own.</summary>
public sealed class AzuriteFixture : IAsyncLifetime
{
    public AzuriteServer Server { get; } = new();

    public async ValueTask InitializeAsync() => await Server.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    /// <summary>A client of an account.</summary>
    public static AzureTaskQueue Open(string connection, string prefix = "") =>
        new(new AzureQueueOptions { ConnectionString = connection, NamePrefix = prefix }, TimeProvider.System);
}

/// <summary>Two clients of one account, as two processes have, with the clock of the machine.</summary>
public sealed class AzureTaskQueueTests : TaskQueueContract, IClassFixture<AzuriteFixture>
{
    public AzureTaskQueueTests(AzuriteFixture azurite)
    {
        string account = azurite.Server.NewAccount();
        Queue = AzuriteFixture.Open(account);
        Other = AzuriteFixture.Open(account);
    }

    protected override ITaskQueue Queue { get; }

    protected override ITaskQueue Other { get; }

    protected override ValueTask PassAsync(TimeSpan time) => Waiting.PassAsync(time);
}
