using System.CommandLine;
using Katanemimena.Cli.Display;
using Katanemimena.Cli.Options;
using Katanemimena.Cli.Remote;
using Katanemimena.Core;
using Katanemimena.Wire;

namespace Katanemimena.Cli.Commands.Service;

/// <summary><c>datafiles</c>: the data on the server.</summary>
internal static class DatafileCommands
{
    /// <summary>The command with its own, itself first.</summary>
    public static IEnumerable<ExampledCommand> All
    {
        get
        {
            ExampledCommand[] below =
            [
                new(Put(), """
                    Examples:
                      mrctl datafiles put book.txt
                      mrctl datafiles put big.csv --name 2026/sales.csv --replace
                    """),
                new(Get(), """
                    Examples:
                      mrctl datafiles get book.txt
                      mrctl datafiles get 2026/sales.csv --output - | head
                    """),
                new(Remove(), """
                    Examples:
                      mrctl datafiles rm book.txt
                      mrctl datafiles rm 2026/sales.csv --upload
                    """),
            ];
            Command root = List();
            foreach (ExampledCommand command in below)
            {
                root.Subcommands.Add(command.Command);
            }

            return [new(root, """
                Examples:
                  mrctl datafiles
                  mrctl datafiles --prefix 2026/ --json
                """), .. below];
        }
    }

    private static Command List()
    {
        var format = new OutputFormat();
        var prefix = new Option<string>("--prefix") { Description = "Only names that begin so.", HelpName = "TEXT" };
        var owner = new Option<string>("--owner") { Description = "Another user's, for admins.", HelpName = "NAME" };
        return new ServerCommand().Make("datafiles", "Lists datafiles; with a command below it, uploads, downloads, deletes.", [prefix, owner, .. format.Options], async (parsed, connection, cancellation) =>
        {
            var values = new OptionValues(parsed);
            List<DatafileDocument> found = [];
            await foreach (DatafileDocument datafile in connection.Client.Datafiles.ListAsync(values.Text(prefix), values.Text(owner), cancellation))
            {
                found.Add(datafile);
            }

            format.Read(parsed).Show(new DatafilesDocument(found), () => Text(found));
            return ExitCode.Done;
        });
    }

    private static string Text(List<DatafileDocument> datafiles)
    {
        var table = new Table("NAME", "SIZE", "CRC-32C", "UPLOADED", "OWNER");
        foreach (DatafileDocument file in datafiles)
        {
            table.Add(file.Name, Size.Text(file.Bytes), file.Crc32C, Moment.Text(file.Uploaded), file.Owner);
        }

        return table.Text();
    }

    private static Command Put()
    {
        var files = new Argument<string[]>("FILE") { Description = "Local files.", Arity = ArgumentArity.OneOrMore };
        var name = new Option<string>("--name") { Description = "Name on the server, if it is one file. [the file's own]", HelpName = "NAME" };
        var replace = new Option<bool>("--replace") { Description = "Replace datafiles of the same name; drop an upload of another file to that name." };
        var quiet = new Option<bool>("--quiet") { Description = "No progress; errors only." };
        var format = new OutputFormat();
        return new ServerCommand().Make("put", "Uploads files. An interrupted upload goes on when the command is given again.", [files, name, replace, format.Json, quiet], async (parsed, connection, cancellation) =>
        {
            string[] paths = parsed.GetRequiredValue(files);
            string? given = new OptionValues(parsed).Text(name);
            if (given is not null && paths.Length > 1)
            {
                throw CommandError.Usage("--name names one file, and several are given");
            }

            connection.Quieten(parsed.GetValue(quiet));
            var uploads = new Uploads(connection, parsed.GetValue(replace), parsed.GetValue(quiet));
            List<DatafileDocument> done = [];
            foreach (string path in paths)
            {
                done.Add(await uploads.PutAsync(path, given ?? DatafileName.Valid(Path.GetFileName(path)), cancellation));
            }

            format.ReadShort(parsed).Show(new DatafilesDocument(done), () => "");
            return ExitCode.Done;
        });
    }

    private static Command Get()
    {
        var name = new Argument<string>("NAME") { Description = "The datafile." };
        var output = new Option<string>("--output") { Description = "Where it goes; - for standard output. [its own name, without folders]", HelpName = "FILE" };
        var force = new Option<bool>("--force") { Description = "Replace the file if it exists." };
        var quiet = new Option<bool>("--quiet") { Description = "No progress; errors only." };
        return new ServerCommand().Make("get", "Downloads a datafile. An interrupted download goes on when the command is given again.", [name, output, force, quiet], async (parsed, connection, cancellation) =>
        {
            string datafile = parsed.GetRequiredValue(name);
            DatafileName.RequireNoGlob(datafile);
            string target = StandardNames.OfOutput(new OptionValues(parsed).Text(output) ?? datafile.Split('/')[^1]);
            connection.Quieten(parsed.GetValue(quiet));
            using TransferDisplay? display = parsed.GetValue(quiet) ? null : new TransferDisplay($"downloading {Printable.Text(datafile)}");
            return await Downloads.ToAsync(
                target, parsed.GetValue(force), connection, Downloads.SameCommand,
                path => connection.Client.Datafiles.DownloadAsync(datafile, path, display is null ? null : display.Show, cancellation),
                stream => connection.Client.Datafiles.CopyAsync(datafile, stream, display is null ? null : display.Show, cancellation));
        });
    }

    private static Command Remove()
    {
        var names = new Argument<string[]>("NAME") { Description = "The datafiles.", Arity = ArgumentArity.OneOrMore };
        var upload = new Option<bool>("--upload") { Description = "Drop an upload that is not done, and not the datafile." };
        return new ServerCommand().Make("rm", "Deletes datafiles.", [names, upload], async (parsed, connection, cancellation) =>
        {
            string[] given = parsed.GetRequiredValue(names);
            foreach (string name in given)
            {
                DatafileName.RequireNoGlob(name);
            }

            foreach (string name in given)
            {
                await (parsed.GetValue(upload) ? connection.Client.Datafiles.DropUploadAsync(name, cancellation) : connection.Client.Datafiles.RemoveAsync(name, cancellation));
            }

            return ExitCode.Done;
        });
    }
}
