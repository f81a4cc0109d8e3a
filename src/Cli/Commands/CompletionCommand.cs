using System.CommandLine;
using System.Text;
using Katanemimena.Cli.Display;

namespace Katanemimena.Cli.Commands;

/// <summary><c>mrctl completion</c>: a script that completes commands and options in a shell. It is made from the tree of commands and runs nothing of mrctl.</summary>
internal static class CompletionCommand
{
    /// <summary>The command.</summary>
    /// <param name="root">The tree.</param>
    public static Command Make(RootCommand root)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        var command = new Command("completion", "Writes a script for completing commands and options with the tabulator key.") { shell };
        command.SetAction(parsed =>
        {
            Listing.Write(parsed.GetRequiredValue(shell) switch
            {
                "bash" => Bash(root),
                "zsh" => $"#compdef mrctl\nautoload -U +X bashcompinit && bashcompinit\n{Bash(root)}",
                "fish" => Fish(root),
                var other => throw CommandError.Usage($"SHELL {Printable.Text(other)}: must be one of bash, zsh, fish"),
            });
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Walks along the words to the command, and completes what it takes; else names of files.</summary>
    private static string Bash(RootCommand root)
    {
        var text = new StringBuilder("_mrctl() {\n  local command='' word words=''\n  COMPREPLY=()\n  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n    case \"$command $word\" in\n");
        foreach ((string path, _) in Commands(root).Where(found => found.Path.Length > 0))
        {
            text.Append($"      '{path}') command='{path}' ;;\n");
        }

        text.Append("    esac\n  done\n  case \"$command\" in\n");
        foreach ((string path, Command command) in Commands(root))
        {
            text.Append($"    '{path}') words='{string.Join(' ', Subcommands(command).Concat(Options(command)))}' ;;\n");
        }

        return text.Append("""
              esac
              case "${COMP_WORDS[COMP_CWORD]}" in
                -*) ;;
                *) case "$words" in [a-z]*) words="${words%% -*}" ;; *) words='' ;; esac ;;
              esac
              COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))
            }
            complete -o default -F _mrctl mrctl

            """).ToString();
    }

    private static string Fish(RootCommand root)
    {
        var text = new StringBuilder("function __mrctl_command\n  set -l command ''\n  for word in (commandline -opc)[2..-1]\n    switch \"$command $word\"\n");
        foreach ((string path, _) in Commands(root).Where(found => found.Path.Length > 0))
        {
            text.Append($"      case '{path}'\n        set command '{path}'\n");
        }

        text.Append("    end\n  end\n  echo -- \"$command\"\nend\n");
        foreach ((string path, Command command) in Commands(root))
        {
            string condition = $"test (__mrctl_command | string collect) = '{path}'";
            foreach (Command sub in command.Subcommands)
            {
                text.Append($"complete -c mrctl -n \"{condition}\" -a {sub.Name} -d '{Quoted(sub.Description)}'\n");
            }

            foreach (Option option in command.Options.Where(option => option.Name.StartsWith("--", StringComparison.Ordinal)))
            {
                text.Append($"complete -c mrctl -n \"{condition}\" -l {option.Name[2..]}{(option.Arity.MaximumNumberOfValues > 0 ? " -r" : "")} -d '{Quoted(option.Description)}'\n");
            }
        }

        return text.ToString();
    }

    private static string Quoted(string? text) => (text ?? "").Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal);

    private static IEnumerable<string> Subcommands(Command command) => command.Subcommands.Select(sub => sub.Name);

    private static IEnumerable<string> Options(Command command) => command.Options.Select(option => option.Name).Where(name => name.StartsWith("--", StringComparison.Ordinal));

    /// <summary>All commands by their words, each with a blank before it; the root is empty.</summary>
    private static IEnumerable<(string Path, Command Command)> Commands(Command root, string path = "") =>
        root.Subcommands.SelectMany(sub => Commands(sub, $"{path} {sub.Name}")).Prepend((path, root));
}
