using Katanemimena.Core;
using Katanemimena.Tests.Contracts;
using Katanemimena.TriggerHost;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Katanemimena.Tests.Unit.TriggerHost;

public sealed class SettingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Host_file_is_read_as_the_runtime_reads_it()
    {
        File.WriteAllText(_folder.File("host.json"), """
            {
              "version": "2.0",
              "functionTimeout": "00:20:00",
              "extensions": {
                "http": { "routePrefix": "v1" },
                "queues": { "batchSize": 4, "newBatchThreshold": 1, "maxPollingInterval": "00:00:02", "maxDequeueCount": 3, "visibilityTimeout": "00:00:05" }
              }
            }
            """);
        HostSettings settings = HostSettings.Read(HostSettings.Configuration(_folder.Path));
        Assert.Equal(
            new HostSettings
            {
                RoutePrefix = "v1",
                BatchSize = 4,
                NewBatchThreshold = 1,
                MaxPollingInterval = TimeSpan.FromSeconds(2),
                MaxDequeueCount = 3,
                VisibilityTimeout = TimeSpan.FromSeconds(5),
                FunctionTimeout = TimeSpan.FromMinutes(20),
            },
            settings);
        Assert.Equal(TimeSpan.FromMinutes(18), settings.Deadline);
    }

    [Fact]
    public void What_is_not_said_has_the_defaults_of_the_runtime()
    {
        HostSettings settings = Read();
        Assert.Equal((16, 8 * Environment.ProcessorCount, 5, "api"), (settings.BatchSize, settings.NewBatchThreshold, settings.MaxDequeueCount, settings.RoutePrefix));
        Assert.Equal((TimeSpan.FromMinutes(1), TimeSpan.Zero, TimeSpan.FromMinutes(30)), (settings.MaxPollingInterval, settings.VisibilityTimeout, settings.FunctionTimeout!.Value));
        Assert.Equal(1, Read(("AzureFunctionsJobHost:extensions:queues:batchSize", "1")).BatchSize);
        Assert.Equal(0, Read(("AzureFunctionsJobHost:extensions:queues:batchSize", "1")).NewBatchThreshold);
        Assert.Null(Read(("AzureFunctionsJobHost:functionTimeout", "-1")).Deadline);
    }

    [Theory]
    [InlineData("extensions:queues:batchSize", "33")]
    [InlineData("extensions:queues:batchSize", "0")]
    [InlineData("extensions:queues:newBatchThreshold", "-1")]
    [InlineData("extensions:queues:maxDequeueCount", "many")]
    [InlineData("extensions:queues:maxPollingInterval", "00:00:00.05")]
    [InlineData("extensions:queues:visibilityTimeout", "5s")]
    [InlineData("functionTimeout", "0")]
    public void Setting_out_of_range_is_refused_by_its_name(string name, string value)
    {
        PermanentFault fault = Assert.Throws<PermanentFault>(() => Read(($"AzureFunctionsJobHost:{name}", value)));
        Assert.Contains(name, fault.Message, StringComparison.Ordinal);
        Assert.Contains($"'{value}'", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("{")]
    public void Host_file_that_is_missing_or_broken_is_named(string? text)
    {
        if (text is not null)
        {
            File.WriteAllText(_folder.File("host.json"), text);
        }

        Assert.Contains("host.json", Assert.Throws<PermanentFault>(() => HostSettings.Configuration(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Functions_are_chosen_and_disabled_by_the_settings_of_the_runtime()
    {
        EnabledFunctions all = Enabled();
        Assert.True(all.Runs("Mapper"));
        EnabledFunctions chosen = Enabled(("AzureFunctionsJobHost:functions:0", "mapper"), ("AzureFunctionsJobHost:functions:1", "Reducer"), ("AzureWebJobs.Reducer.Disabled", "true"));
        Assert.Equal((true, false, false), (chosen.Runs("Mapper"), chosen.Runs("Reducer"), chosen.Runs("Manager")));
    }

    [Theory]
    [InlineData("AzureWebJobs.Mapper.Disabled", "true", false)]
    [InlineData("AzureWebJobs:Mapper:Disabled", "True", false)]
    [InlineData("AzureWebJobs_Mapper_Disabled", "1", false)]
    [InlineData("AzureWebJobs.Mapper.Disabled", "false", true)]
    [InlineData("AzureWebJobs.Mappers.Disabled", "true", true)]
    public void Function_is_disabled_by_its_setting_alone(string key, string value, bool runs) => Assert.Equal(runs, Enabled((key, value)).Runs("Mapper"));

    [Fact]
    public void Choosing_a_function_that_is_not_there_is_an_error()
    {
        var catalogue = new FunctionCatalogue([Functions.Queue("Mapper", "map-tasks")]);
        PermanentFault fault = Assert.Throws<PermanentFault>(() => catalogue.Only(Enabled(("AzureFunctionsJobHost:functions:0", "Maper"))));
        Assert.Contains("'Maper'", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Mapper", fault.Message, StringComparison.Ordinal);
    }

    private static HostSettings Read(params (string Key, string Value)[] settings) => HostSettings.Read(Configured(settings));

    private static EnabledFunctions Enabled(params (string Key, string Value)[] settings) => EnabledFunctions.Read(Configured(settings));

    private static IConfiguration Configured((string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build();
}
