using Katanemimena.Tests.Contracts.FakeService;
using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd.Remote;

/// <summary>A sandbox whose mrctl has a configuration of its own, and a fake service to talk to.</summary>
public sealed class RemoteSandbox : IAsyncDisposable
{
    private RemoteSandbox(FakeService service)
    {
        Service = service;
        Sandbox.Set("XDG_CONFIG_HOME", Sandbox["config"]);
        foreach (string name in new[] { "MRCTL_SERVER", "MRCTL_PROFILE", "MRCTL_TOKEN", "NO_COLOR" })
        {
            Sandbox.Set(name, null);
        }

        Sandbox.Write("book.txt", "b a\na c\n");
        Sandbox.Write("wc.py", Programs.FunctionsWordCount);
    }

    public Sandbox Sandbox { get; } = new();

    public FakeService Service { get; }

    /// <summary>The folder of mrctl's settings.</summary>
    public string Settings => Sandbox["config/mrctl"];

    public static async Task<RemoteSandbox> StartAsync(string? user = "ada")
    {
        var made = new RemoteSandbox(await FakeService.StartAsync());
        if (user is not null)
        {
            (await made.LoginAsync(user)).Expect(0);
        }

        return made;
    }

    public Task<Outcome> LoginAsync(string user) =>
        RunWithAsync($"{Service.Accounts.Passwords[user]}\n", "login", Service.Address, "--user", user, "--password-stdin");

    public Task<Outcome> RunAsync(params string[] arguments) => Sandbox.RunAsync(arguments);

    public Task<Outcome> RunWithAsync(string input, params string[] arguments) => Sandbox.RunAsync(System.Text.Encoding.UTF8.GetBytes(input), arguments);

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        Sandbox.Dispose();
    }
}
