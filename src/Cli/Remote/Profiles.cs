using System.Text.Json;
using System.Text.Json.Serialization;

namespace Katanemimena.Cli.Remote;

/// <summary>Names of servers: <c>profiles.json</c> in the user's configuration.</summary>
internal sealed record Profiles
{
    /// <summary>Name of the profile, or address of the server, that is used when none is named.</summary>
    public string? Default { get; init; }

    /// <summary>Addresses by name.</summary>
    public IReadOnlyDictionary<string, string> Servers { get; init; } = new Dictionary<string, string>();

    /// <summary>Where it is.</summary>
    public static string File => Path.Join(Folder, "profiles.json");

    /// <summary>The folder of sessions.</summary>
    public static string Sessions => Path.Join(Folder, "sessions");

    /// <summary>Reads it; empty if there is none.</summary>
    /// <exception cref="CommandError">It cannot be read, or is none.</exception>
    public static Profiles Read()
    {
        try
        {
            return JsonSerializer.Deserialize(System.IO.File.ReadAllBytes(File), ProfilesJson.Default.Profiles) ?? new Profiles();
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return new Profiles();
        }
        catch (JsonException error)
        {
            throw CommandError.Usage($"{File}: cannot be read: {error.Message} It looks like {{\"default\": \"work\", \"servers\": {{\"work\": \"https://mr.example.org\"}}}}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CommandError.Environment($"{File}: cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Writes it, whole or not at all.</summary>
    public void Write()
    {
        string temporary = $"{File}.{Environment.ProcessId}.tmp";
        try
        {
            Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            System.IO.File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(this, ProfilesJson.Default.Profiles));
            System.IO.File.Move(temporary, File, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CommandError.Environment($"{File}: cannot be written: {error.Message}", error);
        }
    }

    private static string Folder
    {
        get
        {
            string? configuration = Environment.GetEnvironmentVariable("XDG_CONFIG_HOME");
            if (configuration is not ['/', ..])
            {
                string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
                configuration = home.Length > 0 ? Path.Join(home, ".config")
                    : throw CommandError.Environment("there is no home folder to keep sessions in; set XDG_CONFIG_HOME to a folder of your own");
            }

            return Path.Join(configuration, "mrctl");
        }
    }
}

/// <summary>How it is written down.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, AllowTrailingCommas = true, ReadCommentHandling = JsonCommentHandling.Skip, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Profiles))]
internal sealed partial class ProfilesJson : JsonSerializerContext;
