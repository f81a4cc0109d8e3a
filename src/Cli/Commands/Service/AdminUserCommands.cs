using System.CommandLine;
using System.Security.Cryptography;
using Katanemimena.Cli.Display;
using Katanemimena.Cli.Options;
using Katanemimena.Cli.Remote;
using Katanemimena.Core;
using Katanemimena.Wire;

namespace Katanemimena.Cli.Commands.Service;

/// <summary><c>admin users</c>, <c>admin quotas</c> and <c>admin user …</c>.</summary>
internal static class AdminUserCommands
{
    /// <summary>No character that is taken for another, none that a shell minds.</summary>
    private const string PasswordCharacters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    private const int PasswordLength = 24;
    private const string Script = "give it with --password-stdin, or have one made with --generate";

    private static readonly (string, string)[] Roles = [("user", "user"), ("admin", "admin")];

    /// <summary>Commands about one account.</summary>
    public static IEnumerable<Command> All => [Show(), Add(), Set(), Remove(), Unlock()];

    /// <summary>Lists accounts.</summary>
    public static Command Users()
    {
        var format = new OutputFormat();
        return new ServerCommand().Make("users", "Lists accounts.", format.Options, async (parsed, connection, cancellation) =>
        {
            UsersDocument users = await connection.Client.Administration.UsersAsync(cancellation);
            format.Read(parsed).Show(users, () =>
            {
                var table = new Table("NAME", "ROLE", "STATE", "FAILED SIGN-INS", "CREATED", "PASSWORD SET");
                foreach (UserDocument user in users.Users)
                {
                    table.Add(user.Name, user.Role, user.Disabled ? "shut out" : "", Quantity.Text(user.FailedSignIns), Moment.Text(user.Created), Moment.Text(user.PasswordChanged));
                }

                return table.Text();
            });
            return ExitCode.Done;
        });
    }

    /// <summary>Lists limits.</summary>
    public static Command Quotas()
    {
        var format = new OutputFormat();
        return new ServerCommand().Make("quotas", "Lists the limits of accounts, where they are their own.", format.Options, async (parsed, connection, cancellation) =>
        {
            UsersDocument users = await connection.Client.Administration.UsersAsync(cancellation);
            format.Read(parsed).Show(users, () =>
            {
                var table = new Table("NAME", "RUNNING JOBS", "STORED BYTES");
                foreach (UserDocument user in users.Users)
                {
                    table.Add(user.Name, Limit(user.Quota.RunningJobs, number => Quantity.Text(number)), Limit(user.Quota.StoredBytes, number => Size.Text(number)));
                }

                return table.Text();
            });
            return ExitCode.Done;
        });
    }

    private static string Limit(long? limit, Func<long, string> text) => limit is { } number ? text(number) : "default";

    private static Argument<string> Name() => new("NAME") { Description = "The user." };

    private static Command Show()
    {
        Argument<string> name = Name();
        var format = new OutputFormat();
        return new ServerCommand().Make("show", "Shows an account.", [name, .. format.Options], async (parsed, connection, cancellation) =>
        {
            UserDocument user = await connection.Client.Administration.UserAsync(parsed.GetRequiredValue(name), cancellation);
            format.Read(parsed).Show(user, () =>
                $"{Printable.Text(user.Name)} ({Printable.Text(user.Role)}{(user.Disabled ? ", shut out" : "")})\n"
                + $"  created          {Moment.Text(user.Created)}\n  password set     {Moment.Text(user.PasswordChanged)}\n  failed sign-ins  {user.FailedSignIns}\n"
                + $"  running jobs     {Limit(user.Quota.RunningJobs, number => Quantity.Text(number))}\n  stored bytes     {Limit(user.Quota.StoredBytes, number => Size.Text(number))}\n");
            return ExitCode.Done;
        });
    }

    private static Command Add()
    {
        Argument<string> name = Name();
        var limits = new LimitSyntax();
        var passwords = new PasswordSyntax();
        return new ServerCommand().Make("add", "Makes an account.", [name, limits.Role, limits.Jobs, limits.Bytes, .. passwords.Options], async (parsed, connection, cancellation) =>
        {
            string user = parsed.GetRequiredValue(name);
            string role = new OptionValues(parsed).Word(limits.Role, Roles) ?? "user";
            QuotaDocument? quota = limits.Read(parsed, new QuotaDocument());
            (string password, bool generated) = await passwords.ReadAsync(parsed, cancellation);
            await connection.Client.Administration.AddUserAsync(new NewUserRequest(user, password, role, quota), cancellation);
            Tell(user, "is there", password, generated);
            return ExitCode.Done;
        });
    }

    private static Command Set()
    {
        Argument<string> name = Name();
        var limits = new LimitSyntax();
        var passwords = new PasswordSyntax();
        var ask = new Option<bool>("--password") { Description = "Ask for a new password. It ends the user's sessions." };
        var disable = new Option<bool>("--disable") { Description = "Shut the account out." };
        var enable = new Option<bool>("--enable") { Description = "Let it in again." };
        Symbol[] symbols = [name, limits.Role, limits.Jobs, limits.Bytes, disable, enable, ask, .. passwords.Options];
        return new ServerCommand().Make("set", "Changes an account; what is not given stays.", symbols, async (parsed, connection, cancellation) =>
        {
            string user = parsed.GetRequiredValue(name);
            if (parsed.GetValue(disable) && parsed.GetValue(enable))
            {
                throw CommandError.Usage("--disable and --enable contradict each other");
            }

            bool newPassword = parsed.GetValue(ask) || passwords.IsGiven(parsed);
            UserDocument now = await connection.Client.Administration.UserAsync(user, cancellation);
            var change = new UserChangeRequest
            {
                Role = new OptionValues(parsed).Word(limits.Role, Roles),
                Quota = limits.Read(parsed, now.Quota),
                Disabled = parsed.GetValue(disable) ? true : parsed.GetValue(enable) ? false : null,
            };
            if (change == new UserChangeRequest() && !newPassword)
            {
                throw CommandError.Usage("nothing is to be changed: see mrctl admin user set --help");
            }

            (string? password, bool generated) = newPassword ? await passwords.ReadAsync(parsed, cancellation) : (null, false);
            await connection.Client.Administration.ChangeUserAsync(user, change with { Password = password }, cancellation);
            Tell(user, "is changed", password, generated);
            return ExitCode.Done;
        });
    }

    private static Command Remove()
    {
        Argument<string> name = Name();
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        return new ServerCommand().Make("rm", "Removes an account.", [name, yes], async (parsed, connection, cancellation) =>
        {
            string user = parsed.GetRequiredValue(name);
            if (!parsed.GetValue(yes))
            {
                string answer = Prompt.CanAsk ? await Prompt.LineAsync($"Remove user {Printable.Text(user)}? Write the name again: ", cancellation)
                    : throw CommandError.Usage("--yes is missing: without a terminal nobody can be asked");
                if (answer.Trim() != user)
                {
                    throw CommandError.Usage("that is not the name; nothing was removed");
                }
            }

            await connection.Client.Administration.RemoveUserAsync(user, cancellation);
            return ExitCode.Done;
        });
    }

    private static Command Unlock()
    {
        Argument<string> name = Name();
        return new ServerCommand().Make("unlock", "Forgets an account's failed sign-ins.", [name], async (parsed, connection, cancellation) =>
        {
            await connection.Client.Administration.ChangeUserAsync(parsed.GetRequiredValue(name), new UserChangeRequest { Unlock = true }, cancellation);
            return ExitCode.Done;
        });
    }

    /// <summary>A password that was made goes to standard output, alone, so that a script can take it.</summary>
    private static void Tell(string user, string what, string? password, bool generated)
    {
        StandardError.WriteLine($"mrctl: user {Printable.Text(user)} {what}{(generated ? "; the password is shown this once:" : "")}");
        if (generated)
        {
            Listing.Write($"{password}\n");
        }
    }

    private sealed class LimitSyntax
    {
        public Option<string> Role { get; } = new("--role") { Description = "user or admin.", HelpName = "ROLE" };

        public Option<string> Jobs { get; } = new("--running-jobs") { Description = "Jobs that have not ended, 0 to 100000, or default.", HelpName = "N" };

        public Option<string> Bytes { get; } = new("--stored-bytes") { Description = "Bytes of data, like 10G, or default.", HelpName = "SIZE" };

        /// <summary>The limits as they are to be; null if none was given.</summary>
        public QuotaDocument? Read(ParseResult parsed, QuotaDocument now)
        {
            var values = new OptionValues(parsed);
            (string? jobs, string? bytes) = (values.Text(Jobs), values.Text(Bytes));
            return jobs is null && bytes is null ? null : new QuotaDocument(
                jobs is null ? now.RunningJobs : values.Integer(Jobs, 0, 100_000, "default"),
                bytes is null ? now.StoredBytes : values.Size(Bytes, 0, 1L << 50, "default"));
        }
    }

    private sealed class PasswordSyntax
    {
        private readonly Option<bool> _generate = new("--generate") { Description = $"Make a password of {PasswordLength} characters and show it once." };
        private readonly Option<bool> _input = new("--password-stdin") { Description = "Read the new password from standard input." };

        public Symbol[] Options => [_generate, _input];

        public bool IsGiven(ParseResult parsed) => parsed.GetValue(_generate) || parsed.GetValue(_input);

        public async Task<(string Password, bool Generated)> ReadAsync(ParseResult parsed, CancellationToken cancellation) => (parsed.GetValue(_generate), parsed.GetValue(_input)) switch
        {
            (true, true) => throw CommandError.Usage("--generate and --password-stdin both give the password; give one of them"),
            (true, false) => (RandomNumberGenerator.GetString(PasswordCharacters, PasswordLength), true),
            (false, true) => (Prompt.InputLines(1, "the new password")[0], false),
            _ => (await Prompt.NewPasswordAsync("New password", Script, cancellation), false),
        };
    }
}
