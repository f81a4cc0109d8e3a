using Katanemimena.Core;
using Katanemimena.Runners;
using Katanemimena.Wire;

namespace Katanemimena.Service;

/// <summary>Takes in the programs of a job. Nothing of them is compiled, imported or run here.</summary>
internal sealed class ProgramIntake(JobParts parts)
{
    /// <summary>Takes in those of a request. All of them are read before anything is counted or written.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="cancellation">Drops what was taken.</param>
    /// <exception cref="JobRefused">One fits no contract or is no datafile, and its role is the field; or they are over the quota. Nothing of them stays.</exception>
    public async ValueTask<TakenPrograms> TakeAsync(SubmitRequest request, CancellationToken cancellation)
    {
        CodeContract named = request.Options.Contract;
        ReadOnlyMemory<byte>? mapper = await ReadAsync(request.Owner, request.Mapper, "mapper", cancellation);
        ReadOnlyMemory<byte>? reducer = await ReadAsync(request.Owner, request.Reducer, "reducer", cancellation);
        ReadOnlyMemory<byte>? combiner = await ReadAsync(request.Owner, request.Combiner, "combiner", cancellation);
        ReadOnlyMemory<byte>[] files = [.. new[] { mapper, reducer, combiner }.OfType<ReadOnlyMemory<byte>>()];
        TakenPrograms taken = await TakenPrograms.BeginAsync(parts, request, files.Length > 0 ? files.Sum(file => (long)file.Length) : null, cancellation);
        try
        {
            taken.Mapper = Take(request.Mapper, mapper, "mapper", named, taken.Folder)!;
            taken.Reducer = Take(request.Reducer, reducer, "reducer", named, taken.Folder);
            taken.Combiner = Take(request.Combiner, combiner, "combiner", named, taken.Folder);
            return taken;
        }
        catch
        {
            await taken.DisposeAsync();
            throw;
        }
    }

    private static CodeFile? Take(ProgramSource? source, ReadOnlyMemory<byte>? content, string role, CodeContract named, string folder)
    {
        try
        {
            return source switch
            {
                null => null,
                ProgramSource.Sent sent => CodeFiles.Take(sent.Name, content!.Value, role, named, folder),
                ProgramSource.Datafile file => CodeFiles.Take(file.Name, content!.Value, role, named, folder),
                ProgramSource.Command command => CodeFiles.TakeCommand(command.Line, role, named),
                _ => throw new ArgumentOutOfRangeException(nameof(source)),
            };
        }
        catch (PermanentFault fault) when (!fault.OfMachine)
        {
            throw new JobRefused(ProblemCodes.InvalidJob, fault.Message) { Field = role };
        }
    }

    /// <summary>The bytes of a program; null for none, and for a command.</summary>
    private async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(string owner, ProgramSource? source, string role, CancellationToken cancellation)
    {
        ReadOnlyMemory<byte>? content = source switch
        {
            ProgramSource.Sent sent => (ReadOnlyMemory<byte>?)sent.Content,
            ProgramSource.Datafile file => (ReadOnlyMemory<byte>)await ReadAsync(owner, file.Name, role, cancellation),
            _ => null,
        };
        return content is null || content.Value.Length <= ProgramSource.BytesMax
            ? content
            : throw new JobRefused(ProblemCodes.TooLarge, $"the {role} has more than 4 MiB, which is the most a program may have") { Field = role };
    }

    private async ValueTask<byte[]> ReadAsync(string owner, string name, string role, CancellationToken cancellation)
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
