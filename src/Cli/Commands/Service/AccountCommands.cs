using System.CommandLine;
using Katanemimena.Cli.Display;
using Katanemimena.Cli.Options;
using Katanemimena.Cli.Remote;
using Katanemimena.Client;
using Katanemimena.Core;
using Katanemimena.Wire;

namespace Katanemimena.Cli.Commands.Service;

/// <summary><c>login</c>, <c>logout</c>, <c>whoami</c> and <c>password</c>.</summary>
internal static class AccountCommands
{
    private const string Script = "give it with --password-stdin";

    private static readonly Option<bool> PasswordFromInput = new("--password-stdin") { Description = "Read it from standard input, a line each." };

    /// <summary>The commands.</summary>
    public static IEnumerable<ExampledCommand> All =>
    [
        new(Login(), """
            Examples:
              mrctl login https://mr.example.org
              mrctl login https://mr.example.org --profile work --user ada
              pass show mr | mrctl login --user ada --password-stdin
            """),
        new(Logout(), """
            Examples:
              mrctl logout
            """),
        new(WhoAmI(), """
            Examples:
              mrctl whoami
              mrctl whoami --json | jq .quota
            """),
        new(Password(), """
            Examples:
              mrctl password
            """),
    ];

    private static Command Login()
    {
        var common = new ServerCommand();
        var server = new Argument<string?>("SERVER") { Description = "Address of the server. With --profile it is kept under that name.", Arity = ArgumentArity.ZeroOrOne };
        var user = new Option<string>("--user") { Description = "The user. [asked for]", HelpName = "NAME" };
        Command command = common.AddTo(new Command("login", "Signs in to a server. The password is asked for, never an argument.") { server, user, PasswordFromInput });
        command.SetAction(parsed =>
        {
            ServerChoice choice = common.Read(parsed);
            string? profile = parsed.GetValue(server) is not null ? choice.Profile : null;
            choice = Place(choice, parsed.GetValue(server));
            return ServerCommand.Run(choice, async (connection, cancellation) =>
            {
                string? name = new OptionValues(parsed).Text(user);
                await LoginAsync(connection, name, parsed.GetValue(PasswordFromInput), cancellation);
                Remember(profile, connection.Address);
                return ExitCode.Done;
            });
        });
        return command;
    }

    private static ServerChoice Place(ServerChoice choice, string? server)
    {
        if (server is null)
        {
            return choice;
        }

        return choice.Server is null ? choice with { Server = server, Profile = null }
            : throw CommandError.Usage("SERVER and --server both name a server; give one of them");
    }

    private static async Task LoginAsync(Connection connection, string? name, bool fromInput, CancellationToken cancellation)
    {
        if (connection.Session is null)
        {
            throw CommandError.Usage("MRCTL_TOKEN is set, and would be used in place of the session: unset it first");
        }

        if (connection.InTheClear)
        {
            StandardError.WriteLine($"mrctl: warning: {connection.Address} is talked to in the clear: the password can be read by anybody on the way");
        }

        if (name is null)
        {
            name = fromInput || !Prompt.CanAsk ? throw CommandError.Usage("--user is missing: who signs in?") : (await Prompt.LineAsync("User: ", cancellation)).Trim();
        }

        string password = fromInput ? Prompt.InputLines(1, "the password")[0] : await Prompt.PasswordAsync("Password: ", Script, cancellation);
        await SignInAsync(connection, name, password, cancellation);
        StandardError.WriteLine($"mrctl: signed in to {connection.Address} as {Printable.Text(name)}");
    }

    private static async Task SignInAsync(Connection connection, string name, string password, CancellationToken cancellation)
    {
        string? device = connection.Store.DeviceToken(connection.Address, name);
        TokensDocument tokens = await connection.Anonymous.Accounts.LoginAsync(name, password, device, cancellation);
        using IDisposable held = await connection.Store.LockAsync(connection.Address, TimeProvider.System, cancellation);
        connection.Store.Write(connection.Address, Session.Of(connection.Address, tokens, TimeProvider.System.GetUtcNow(), connection.InTheClear));
        if (tokens.DeviceToken is { } known)
        {
            connection.Store.KeepDevice(connection.Address, name, known);
        }
    }

    /// <summary>Keeps a profile that was named; the first server signed in to is the default from then on.</summary>
    private static void Remember(string? profile, ServiceAddress address)
    {
        Profiles profiles = Profiles.Read();
        Profiles next = profile is null ? profiles
            : profiles with { Servers = new Dictionary<string, string>(profiles.Servers) { [profile] = address.ToString() } };
        next = next.Default is null ? next with { Default = profile ?? address.ToString() } : next;
        if (next != profiles)
        {
            next.Write();
        }
    }

    private static Command Logout()
    {
        var common = new ServerCommand();
        return common.Make("logout", "Ends the session, here and at the server.", [], async (_, connection, cancellation) =>
        {
            bool ended = await (connection.Session?.EndAsync(cancellation) ?? throw CommandError.Usage("the token comes from MRCTL_TOKEN; there is no session to end"));
            StandardError.WriteLine(ended ? $"mrctl: signed out of {connection.Address}" : $"mrctl: nobody was signed in to {connection.Address}");
            return ExitCode.Done;
        });
    }

    private static Command WhoAmI()
    {
        var format = new OutputFormat();
        return new ServerCommand().Make("whoami", "Shows who is signed in, and what counts against the quota.", format.Options, async (parsed, connection, cancellation) =>
        {
            WhoAmIDocument me = await connection.Client.Accounts.WhoAmIAsync(cancellation);
            format.Read(parsed).Show(me, () =>
                $"{Printable.Text(me.Name)} ({Printable.Text(me.Role)}) at {connection.Address}\n"
                + $"  jobs that have not ended  {QuotaText.Of(me.Used.RunningJobs, me.Quota.RunningJobs, number => Quantity.Text(number))}\n"
                + $"  bytes stored              {QuotaText.Of(me.Used.StoredBytes, me.Quota.StoredBytes, number => Size.Text(number))}\n");
            return ExitCode.Done;
        });
    }

    private static Command Password() => new ServerCommand().Make(
        "password", "Sets a new password of one's own. Other sessions of the user end.", [PasswordFromInput], async (parsed, connection, cancellation) =>
    {
        WhoAmIDocument me = await connection.Client.Accounts.WhoAmIAsync(cancellation);
        string[] passwords = parsed.GetValue(PasswordFromInput)
            ? Prompt.InputLines(2, "the old password and the new one, a line each")
            : [await Prompt.PasswordAsync("Old password: ", Script, cancellation), await Prompt.NewPasswordAsync("New password", Script, cancellation)];
        await connection.Client.Accounts.ChangePasswordAsync(passwords[0], passwords[1], cancellation);
        if (connection.Session is not null)
        {
            // The change has ended this session too.
            await SignInAsync(connection, me.Name, passwords[1], cancellation);
        }

        StandardError.WriteLine($"mrctl: {Printable.Text(me.Name)} has a new password");
        return ExitCode.Done;
    });
}

/// <summary>What is used of what is allowed.</summary>
internal static class QuotaText
{
    /// <summary>The text.</summary>
    public static string Of(long? used, long? limit, Func<long, string> number) =>
        $"{number(used ?? 0)} of {(limit is { } most ? number(most) : "any number")}";
}

/// <summary>A command with its examples.</summary>
/// <param name="Command">The command.</param>
/// <param name="Examples">Shown at the end of its help.</param>
internal sealed record ExampledCommand(Command Command, string Examples);
