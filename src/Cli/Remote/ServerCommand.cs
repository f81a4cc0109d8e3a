using System.CommandLine;
using Katanemimena.Cli.Display;
using Katanemimena.Cli.Options;
using Katanemimena.Cli.Run;

namespace Katanemimena.Cli.Remote;

/// <summary>What all commands that talk to a server have in common: the options that name it, signals, and errors.</summary>
internal sealed class ServerCommand
{
    private readonly Option<string> _server = new("--server") { Description = "Address of the server. [MRCTL_SERVER, or the default profile]", HelpName = "URL" };
    private readonly Option<string> _profile = new("--profile") { Description = "Name of a server in profiles.json. [MRCTL_PROFILE]", HelpName = "NAME" };
    private readonly Option<bool> _insecure = new("--insecure") { Description = "Accept that passwords and tokens go over the network in the clear (http://)." };

    /// <summary>Adds the options to a command.</summary>
    public T AddTo<T>(T command)
        where T : Command
    {
        command.Options.Add(_server);
        command.Options.Add(_profile);
        command.Options.Add(_insecure);
        return command;
    }

    /// <summary>What was given.</summary>
    public ServerChoice Read(ParseResult parsed)
    {
        var values = new OptionValues(parsed);
        return new ServerChoice(values.Text(_server), values.Text(_profile), parsed.GetValue(_insecure));
    }

    /// <summary>A command that talks to the server.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">One sentence.</param>
    /// <param name="symbols">Its arguments and options, in the order of the help text.</param>
    /// <param name="act">What it does; returns the exit code.</param>
    public Command Make(string name, string description, Symbol[] symbols, Func<ParseResult, Connection, CancellationToken, Task<int>> act)
    {
        var command = new Command(name, description);
        foreach (Symbol symbol in symbols)
        {
            if (symbol is Argument argument)
            {
                command.Arguments.Add(argument);
            }
            else
            {
                command.Options.Add((Option)symbol);
            }
        }

        AddTo(command).SetAction(parsed => Run(Read(parsed), (connection, cancellation) => act(parsed, connection, cancellation)));
        return command;
    }

    /// <summary>Runs a command. The first signal cancels it.</summary>
    /// <exception cref="CommandError">Whatever went wrong, in one sentence.</exception>
    public static int Run(ServerChoice choice, Func<Connection, CancellationToken, Task<int>> act)
    {
        using var interruption = new Interruption();
        string howToGoOn = "";
        try
        {
            using Connection connection = Connection.Open(choice);
            try
            {
                return act(connection, interruption.Token).GetAwaiter().GetResult();
            }
            finally
            {
                howToGoOn = connection.WhenInterrupted;
            }
        }
        catch (Exception) when (interruption.ExitCode != 0)
        {
            StandardError.WriteLine($"mrctl: stopped by a signal{(howToGoOn.Length > 0 ? $"; {howToGoOn}" : "")}");
            return interruption.ExitCode;
        }
        catch (IOException error) when (DiskErrors.IsClosedPipe(error))
        {
            return ExitCode.ClosedPipe;
        }
        catch (Exception error) when (ServiceErrors.Of(error, choice) is { } known)
        {
            throw known;
        }
    }
}
