using Katanemimena.Adapters.FileSystem;
using Katanemimena.Cli.Run;
using Katanemimena.Core;

namespace Katanemimena.Cli.Remote;

/// <summary>What a user named as data, brought to the server: local files are uploaded unless they are there, <c>datafile:NAME</c> is there already.</summary>
/// <param name="connection">To the server.</param>
/// <param name="uploads">Brings local files there.</param>
internal sealed class DataArguments(Connection connection, Uploads uploads)
{
    /// <summary>Names or globs of datafiles, in the order of their records.</summary>
    /// <exception cref="CommandError">A path leads nowhere, or two files would have one name.</exception>
    public async Task<IReadOnlyList<string>> UploadedAsync(IReadOnlyList<string> given, CancellationToken cancellation)
    {
        List<string> names = [];
        List<(string Path, string Name)> local = [];
        foreach (string data in given)
        {
            if (data.StartsWith(DatafileName.Prefix, StringComparison.Ordinal))
            {
                names.Add(data[DatafileName.Prefix.Length..]);
                continue;
            }

            foreach (InputFile file in data == "-" ? [] : Resolve(data))
            {
                local.Add((file.Name, DatafileName.Of(file.Name, data)));
                names.Add(local[^1].Name);
            }

            if (data == "-")
            {
                names.Add(await StandardInputAsync(cancellation));
            }
        }

        RequireOneFileAName(local);
        foreach ((string path, string name) in local.Distinct())
        {
            await uploads.PutAsync(path, name, cancellation);
        }

        connection.WhenInterrupted = "";
        return names;
    }

    private static IReadOnlyList<InputFile> Resolve(string data)
    {
        try
        {
            return InputResolver.Resolve([data]);
        }
        catch (PermanentFault fault) when (!Path.Exists(data))
        {
            throw CommandError.Usage($"{fault.Message} (a datafile of the server is named {DatafileName.Prefix}{data})");
        }
    }

    private static void RequireOneFileAName(List<(string Path, string Name)> local)
    {
        if (local.Distinct().GroupBy(file => file.Name).FirstOrDefault(group => group.Count() > 1) is { } clash)
        {
            throw CommandError.Usage($"--data: {string.Join(" and ", clash.Select(file => file.Path))} would both be the datafile {clash.Key}; upload them with mrctl datafiles put --name, and name them with {DatafileName.Prefix}");
        }
    }

    /// <summary>Standard input is kept in a file first, whose checksum is its name: the same data again is the same datafile.</summary>
    private async Task<string> StandardInputAsync(CancellationToken cancellation)
    {
        string folder = Directory.CreateTempSubdirectory("mrctl-").FullName;
        try
        {
            string path = Path.Join(folder, "stdin");
            await StandardInput.SpoolAsync(path, cancellation);
            string name = $"stdin-{await Uploads.ChecksumAsync(path, cancellation)}-{new FileInfo(path).Length}";
            await uploads.PutAsync(path, name, cancellation);
            return name;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
