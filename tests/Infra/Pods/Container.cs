using System.Diagnostics;
using System.Text.Json.Nodes;
using Katanemimena.Tests.Contracts.Services;

namespace Katanemimena.Tests.Infra.Pods;

/// <summary>A container, run by runc in the foreground: signals go to its first process, and its exit code is that one's.</summary>
/// <param name="name">Unique on this machine.</param>
/// <param name="specification">What is run.</param>
/// <param name="answers">Whether it can be used; null where that is never asked.</param>
internal sealed class Container(string name, JsonNode specification, Func<Task<bool>>? answers) : ServiceProcess
{
    private const int Terminate = 15;

    /// <summary>The process in it that was started first, by its id on this machine.</summary>
    internal int FirstProcess => JsonNode.Parse(Tests.Infra.Command.Must("runc", ["state", name])).Number("pid")!.Value;

    /// <summary>Asks it to stop and waits for its end.</summary>
    /// <returns>Exit code.</returns>
    internal Task<int> StopAsync() => EndAsync(Terminate);

    /// <summary>Ends it, if it still runs.</summary>
    internal async Task RemoveAsync()
    {
        if (Runs && Tests.Infra.Command.Run("runc", ["kill", name, "KILL"]).Code == 0)
        {
            await EndedAsync();
        }

        Tests.Infra.Command.Run("runc", ["delete", "--force", name]);
        await DisposeAsync();
    }

    /// <inheritdoc/>
    protected override ProcessStartInfo Command()
    {
        File.WriteAllText(Folder.File("config.json"), specification.ToJsonString());
        return new ProcessStartInfo("runc", ["run", "--bundle", Folder.Path, name]);
    }

    /// <inheritdoc/>
    protected override async Task<bool> AnswersAsync() => answers is null || await answers();
}
