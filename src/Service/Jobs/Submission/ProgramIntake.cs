using Katanemimena.Core;
using Katanemimena.Runners;
using Katanemimena.Wire;

namespace Katanemimena.Service;

/// <summary>Takes in the programs of a job. Nothing of them is compiled, imported or run here.</summary>
internal sealed class ProgramIntake(JobParts parts)
{
    /// <summary>Takes in one.</summary>
    /// <exception cref="JobRefused">It fits no contract, or there is no such datafile; its role is the field.</exception>
    public async ValueTask<CodeFile> TakeAsync(string owner, ProgramSource source, string role, CodeContract named, CancellationToken cancellation)
    {
        try
        {
            return source switch
            {
                ProgramSource.Sent sent => Take(sent.Name, sent.Content, role, named),
                ProgramSource.Datafile file => Take(file.Name, await ReadAsync(owner, file.Name, role, cancellation), role, named),
                ProgramSource.Command command => CodeFiles.TakeCommand(command.Line, role, named),
                _ => throw new ArgumentOutOfRangeException(nameof(source)),
            };
        }
        catch (PermanentFault fault) when (!fault.OfMachine)
        {
            throw new JobRefused(ProblemCodes.InvalidJob, fault.Message) { Field = role };
        }
    }

    private CodeFile Take(string name, ReadOnlyMemory<byte> content, string role, CodeContract named) => content.Length <= ProgramSource.BytesMax
        ? CodeFiles.Take(name, content, role, named, parts.CodeFolder)
        : throw new JobRefused(ProblemCodes.TooLarge, $"the {role} has more than 4 MiB, which is the most a program may have") { Field = role };

    private async ValueTask<ReadOnlyMemory<byte>> ReadAsync(string owner, string name, string role, CancellationToken cancellation)
    {
        try
        {
            return await parts.Data.ReadAsync(owner, name, ProgramSource.BytesMax, cancellation);
        }
        catch (JobRefused refused)
        {
            throw new JobRefused(refused.Code == ProblemCodes.NotFound ? ProblemCodes.InvalidJob : refused.Code, refused.Message) { Field = role + "Datafile" };
        }
    }
}
