using Katanemimena.Api;
using Katanemimena.Functions;
using Katanemimena.Service;
using Katanemimena.Tests.Contracts;
using Katanemimena.Tests.Unit.Api;
using Katanemimena.TriggerHost;
using Katanemimena.WorkerFunctions;
using Xunit;

namespace Katanemimena.Tests.Unit.Functions;

/// <summary>What the folders of the apps say is what the apps do.</summary>
public sealed class FunctionFolderTests
{
    [Fact]
    public async Task Folders_of_the_api_app_agree_with_its_functions()
    {
        await using ApiServer server = await ApiServer.StartAsync(_ => []);
        FunctionCatalogue catalogue = ApiAppFunctions.CatalogueOf(WithoutAccounts(server.Parts), Jobs(server.Parts), () => throw new InvalidOperationException());

        Assert.Empty(catalogue.Disagreements(FunctionFile.ReadAll(Path.Join(RepositoryFolder.Root, "functions"))));
    }

    [Fact]
    public void Folders_of_the_worker_app_agree_with_its_functions() =>
        Assert.Empty(TaskFunctions.CatalogueOf(() => throw new InvalidOperationException(), 1).Disagreements(FunctionFile.ReadAll(Path.Join(RepositoryFolder.Root, "worker-functions"))));

    private static JobEndpointParts Jobs(ApiParts parts) => new(
        new JobServices(new JobParts
        {
            Store = parts.Store,
            Queue = parts.Queue,
            Volume = parts.Volume,
            Data = new DatafileJobData(new DatafileStore(parts.Store, parts.Volume, parts.Time)),
            CodeFolder = "code",
            ProcessName = "jobs-0",
        }),
        (_, _) => throw new InvalidOperationException("asked for a quota too early"));

    /// <summary>Making the functions must not ask for accounts, which an instance that runs none of them does not have.</summary>
    private static ApiParts WithoutAccounts(ApiParts parts) => parts with { AccessSource = () => throw new InvalidOperationException("asked for accounts too early") };
}
