using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Katanemimena.Client;

/// <summary>Sessions in a folder, one file a server, with the tokens by which servers know this device. Only their owner can read them.</summary>
/// <param name="folder">The folder; made when needed.</param>
public sealed class SessionStore(string folder)
{
    private const int NameCharactersMax = 80;

    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(90);

    /// <summary>The session with a server, or null.</summary>
    /// <exception cref="SettingsFault">Others can read it, or it is damaged.</exception>
    public Session? Read(ServiceAddress server)
    {
        string path = PathOf(server, ".json");
        try
        {
            return PrivateFile.Read(path) is { } bytes ? JsonSerializer.Deserialize(bytes, SessionJson.Default.Session) : null;
        }
        catch (JsonException error)
        {
            throw new SettingsFault($"{path}: is no session; remove it and sign in again", error);
        }
    }

    /// <summary>Keeps the session with a server, in place of the one before.</summary>
    public void Write(ServiceAddress server, Session session) =>
        PrivateFile.Write(PathOf(server, ".json"), JsonSerializer.SerializeToUtf8Bytes(session, SessionJson.Default.Session));

    /// <summary>Forgets the session with a server.</summary>
    public void Remove(ServiceAddress server) => Delete(PathOf(server, ".json"));

    /// <summary>The token by which a server knows this device of a user's, or null. It outlives sessions.</summary>
    public string? DeviceToken(ServiceAddress server, string user) => Devices(server).GetValueOrDefault(user);

    /// <summary>Keeps it.</summary>
    public void KeepDevice(ServiceAddress server, string user, string token)
    {
        Dictionary<string, string> devices = Devices(server);
        devices[user] = token;
        PrivateFile.Write(PathOf(server, ".devices.json"), JsonSerializer.SerializeToUtf8Bytes(devices, SessionJson.Default.DictionaryStringString));
    }

    /// <summary>Waits until no other process changes the session with a server, and keeps others from it.</summary>
    /// <returns>To be disposed of soon.</returns>
    /// <exception cref="SettingsFault">Another process has it for too long.</exception>
    public async Task<IDisposable> LockAsync(ServiceAddress server, TimeProvider time, CancellationToken cancellation)
    {
        string path = PathOf(server, ".lock");
        long began = time.GetTimestamp();
        while (true)
        {
            if (PrivateFile.TryLock(path) is { } held)
            {
                return held;
            }

            if (time.GetElapsedTime(began) > LockPatience)
            {
                throw new SettingsFault($"{path}: another process has kept it for {LockPatience.TotalSeconds:0} s; end that process and try again");
            }

            await Task.Delay(LockPause, time, cancellation);
        }
    }

    private Dictionary<string, string> Devices(ServiceAddress server)
    {
        string path = PathOf(server, ".devices.json");
        try
        {
            return PrivateFile.Read(path) is { } bytes ? JsonSerializer.Deserialize(bytes, SessionJson.Default.DictionaryStringString) ?? [] : [];
        }
        catch (JsonException error)
        {
            throw new SettingsFault($"{path}: is damaged; remove it and sign in again", error);
        }
    }

    /// <summary>A name that people know again, and no other server has.</summary>
    private string PathOf(ServiceAddress server, string end)
    {
        string text = server.ToString();
        string name = string.Concat(text.Replace("://", "_", StringComparison.Ordinal).Select(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' ? character : '_'));
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..8];
        return Path.Join(folder, $"{(name.Length > NameCharactersMax ? name[..NameCharactersMax] : name)}_{hash}{end}");
    }

    private static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // Then there is none.
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SettingsFault($"{path}: cannot be removed: {error.Message}", error);
        }
    }
}
