using System.CommandLine;
using Katanemimena.Cli.Display;
using Katanemimena.Cli.Options;
using Katanemimena.Cli.Remote;
using Katanemimena.Wire;

namespace Katanemimena.Cli.Commands.Service;

/// <summary><c>admin</c>: users, tokens, keys, instances. Without a command it is a shell of these.</summary>
internal static class AdminCommands
{
    /// <summary>The command with its own, itself first.</summary>
    public static IEnumerable<ExampledCommand> All
    {
        get
        {
            var common = new ServerCommand();
            Command root = common.AddTo(new Command("admin", "Looks after users, tokens, keys and instances; without a command, asks for one after the other."));
            root.SetAction(parsed => new AdminShell(root, common.Read(parsed)).Run());
            Command user = Group("user", "Adds, changes, removes accounts.", AdminUserCommands.All);
            Command token = Group("token", "Mints and revokes service tokens.", [AddToken(), RemoveToken()]);
            Command key = Group("key", "Rotates and removes signing keys.", [RotateKey(), RemoveKey()]);
            foreach (Command command in new[] { AdminUserCommands.Users(), user, AdminUserCommands.Quotas(), Tokens(), token, Keys(), key, Instances(), Jobs() })
            {
                root.Subcommands.Add(command);
            }

            return
            [
                new(root, """
                    Examples:
                      mrctl admin
                      mrctl admin users --json
                      mrctl admin user add ada --generate
                    """),
                new(user, """
                    Examples:
                      mrctl admin user add ada --role user --running-jobs 4 --stored-bytes 10G
                      mrctl admin user set ada --disable
                      mrctl admin user set ada --password
                      mrctl admin user unlock ada
                    """),
                new(token, """
                    Examples:
                      mrctl admin token add ada --days 90 --note 'nightly batch'
                      mrctl admin token rm TOKEN
                    """),
                new(key, """
                    Examples:
                      mrctl admin key rotate
                      mrctl admin key rm KEY
                    """),
            ];
        }
    }

    private static Command Group(string name, string description, IEnumerable<Command> commands)
    {
        var group = new Command(name, description);
        foreach (Command command in commands)
        {
            group.Subcommands.Add(command);
        }

        return group;
    }

    private static Command Tokens()
    {
        var format = new OutputFormat();
        return new ServerCommand().Make("tokens", "Lists service tokens.", format.Options, async (parsed, connection, cancellation) =>
        {
            ServiceTokensDocument tokens = await connection.Client.Administration.ServiceTokensAsync(cancellation);
            format.Read(parsed).Show(tokens, () =>
            {
                var table = new Table("ID", "USER", "EXPIRES", "MINTED BY", "NOTE");
                foreach (ServiceTokenDocument token in tokens.Tokens)
                {
                    table.Add(token.Id, token.User, Moment.Text(token.Expires), token.MintedBy, token.Note);
                }

                return table.Text();
            });
            return ExitCode.Done;
        });
    }

    private static Command AddToken()
    {
        var user = new Argument<string>("USER") { Description = "As whom it submits jobs." };
        var days = new Option<string>("--days") { Description = "How long it lasts, 1 to 366. [90]", HelpName = "N" };
        var note = new Option<string>("--note") { Description = "What it is for.", HelpName = "TEXT" };
        var format = new OutputFormat();
        return new ServerCommand().Make("add", "Mints a service token and writes it to standard output, once.", [user, days, note, format.Json], async (parsed, connection, cancellation) =>
        {
            var values = new OptionValues(parsed);
            var request = new NewServiceTokenRequest(parsed.GetRequiredValue(user), values.Integer(days, 1, 366) ?? 90, values.Text(note) ?? "");
            ServiceTokenDocument token = await connection.Client.Administration.MintServiceTokenAsync(request, cancellation);
            StandardError.WriteLine($"mrctl: token {Printable.Text(token.Id)} of {Printable.Text(token.User)} until {Moment.Text(token.Expires)}; it is shown this once");
            format.ReadShort(parsed).Show(token, () => $"{Printable.Text(token.Token ?? "")}\n");
            return ExitCode.Done;
        });
    }

    private static Command RemoveToken()
    {
        var id = new Argument<string>("ID") { Description = "The token's id." };
        return new ServerCommand().Make("rm", "Revokes a service token.", [id], async (parsed, connection, cancellation) =>
        {
            await connection.Client.Administration.RevokeServiceTokenAsync(parsed.GetRequiredValue(id), cancellation);
            return ExitCode.Done;
        });
    }

    private static Command Keys()
    {
        var format = new OutputFormat();
        return new ServerCommand().Make("keys", "Lists signing keys, the newest first.", format.Options, async (parsed, connection, cancellation) =>
        {
            SigningKeysDocument keys = await connection.Client.Administration.KeysAsync(cancellation);
            format.Read(parsed).Show(keys, () =>
            {
                var table = new Table("ID", "SIGNS", "SIGNS FROM", "CREATED");
                foreach (SigningKeyDocument key in keys.Keys)
                {
                    table.Add(key.Id, key.Signs ? "now" : "", Moment.Text(key.SignsFrom), Moment.Text(key.Created));
                }

                return table.Text();
            });
            return ExitCode.Done;
        });
    }

    private static Command RotateKey() => new ServerCommand().Make("rotate", "Makes the next signing key.", [], async (_, connection, cancellation) =>
    {
        await connection.Client.Administration.RotateKeyAsync(cancellation);
        return ExitCode.Done;
    });

    private static Command RemoveKey()
    {
        var id = new Argument<string>("ID") { Description = "The key's id." };
        return new ServerCommand().Make("rm", "Removes a signing key that leaked: all of its tokens end.", [id], async (parsed, connection, cancellation) =>
        {
            await connection.Client.Administration.RemoveKeyAsync(parsed.GetRequiredValue(id), cancellation);
            return ExitCode.Done;
        });
    }

    private static Command Instances()
    {
        var format = new OutputFormat();
        return new ServerCommand().Make("instances", "Shows who is alive, and doing what.", format.Options, async (parsed, connection, cancellation) =>
        {
            InstancesDocument found = await connection.Client.Administration.InstancesAsync(cancellation);
            format.Read(parsed).Show(found, () => Text(found));
            return ExitCode.Done;
        });
    }

    private static string Text(InstancesDocument found)
    {
        var instances = new Table("INSTANCE", "MANAGER", "WORKERS", "STARTED", "RUNNING");
        foreach (InstanceDocument instance in found.Instances)
        {
            instances.Add(instance.Id, instance.Manager ?? "", Quantity.Text(instance.Workers), Moment.Text(instance.Started), string.Join(' ', instance.Running));
        }

        var managers = new Table("MANAGER", "ALIVE", "UNFINISHED JOBS", "JOBS");
        foreach (ManagerDocument manager in found.Managers)
        {
            managers.Add(manager.Name, manager.Alive ? "yes" : "no", Quantity.Text(manager.UnfinishedJobs), Quantity.Text(manager.Jobs));
        }

        return $"{instances.Text()}\n{managers.Text()}";
    }

    private static Command Jobs()
    {
        var list = new JobListSyntax();
        var format = new OutputFormat();
        var label = new Option<string>("--label") { Description = "List only jobs of this label.", HelpName = "TEXT" };
        return new ServerCommand().Make("jobs", "Lists jobs of all users.", [.. list.All, label, .. format.Options], (parsed, connection, cancellation) =>
            list.RunAsync(parsed, connection, format.Read(parsed), cancellation));
    }
}
