using Katanemimena.Client;
using Katanemimena.Tests.Contracts;
using FakeServer = Katanemimena.Tests.Contracts.FakeService.FakeService;

namespace Katanemimena.Tests.Unit.Client;

/// <summary>A fake service, and clients of it with a session of their own.</summary>
internal sealed class ClientRig : IAsyncDisposable
{
    private readonly List<IDisposable> _owned = [];
    private readonly TemporaryFolder _folder = new();

    private ClientRig(FakeServer service) => Service = service;

    public FakeServer Service { get; }

    public string Folder => _folder.Path;

    public List<RetryNotice> Retries { get; } = [];

    public static async Task<ClientRig> StartAsync() => new(await FakeServer.StartAsync());

    public ServiceAddress Address => ServiceAddress.TryParse(Service.Address, out ServiceAddress? address) ? address! : throw new InvalidOperationException();

    public SessionStore Store => new(Path.Join(Folder, "sessions"));

    /// <summary>A client of a signed-in user that keeps its session in the store, as another process would.</summary>
    public ServiceClient Client(Func<ServiceClientOptions, ServiceClientOptions>? change = null)
    {
        if (Store.Read(Address) is null)
        {
            Store.Write(Address, Session.Of(Address, Service.Accounts.Tokens("ada"), TimeProvider.System.GetUtcNow(), false));
        }

        var options = new ServiceClientOptions { Server = Address, BlockBytes = 1 << 20, RangeBytes = 1 << 20, Patience = TimeSpan.FromSeconds(20), OnRetry = Take };
        options = change?.Invoke(options) ?? options;
        ServiceClient anonymous = Own(new ServiceClient(options));
        return Own(new ServiceClient(options with { Tokens = Own(new SessionTokens(anonymous, Store, options.Time)) }));
    }

    public string File(string name, byte[] content)
    {
        string path = Path.Join(Folder, name);
        System.IO.File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>Bytes without a pattern that a cut in the wrong place could hide behind.</summary>
    public static byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        new Random(7).NextBytes(bytes);
        return bytes;
    }

    public async ValueTask DisposeAsync()
    {
        _owned.Reverse();
        _owned.ForEach(owned => owned.Dispose());
        await Service.DisposeAsync();
        _folder.Dispose();
    }

    private T Own<T>(T owned)
        where T : IDisposable
    {
        _owned.Add(owned);
        return owned;
    }

    private void Take(RetryNotice notice)
    {
        lock (Retries)
        {
            Retries.Add(notice);
        }
    }
}
