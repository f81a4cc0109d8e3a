using Katanemimena.Functions;
using Katanemimena.Hosting;
using Katanemimena.Server;
using Katanemimena.TriggerHost;
using Katanemimena.WorkerFunctions;
using Microsoft.Extensions.Configuration;

IConfiguration configuration = new ConfigurationBuilder()
    .AddInMemoryCollection(ServerSettings.Defaults)
    .AddConfiguration(HostSettings.Configuration(System.AppContext.BaseDirectory))
    .Build();
return await FunctionApp.RunAsync(
    ServerSettings.WithKeys(configuration),
    settings => LocalMember.Open(ServerSettings.Name(settings), ServerSettings.Folder(settings), TimeProvider.System),
    [ApiAppFunctions.StartAsync, TaskFunctions.StartAsync],
    urls => Console.Error.WriteLine($"katanemimena: listening on {string.Join(" and ", urls)}; all is kept in {ServerSettings.Folder(configuration)}\nkatanemimena: sign in with: mrctl login {urls.First()} --user NAME; end with Ctrl-C"));
