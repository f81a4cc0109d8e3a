using Katanemimena.Core;

namespace Katanemimena.Service;

/// <summary>Where the programs of jobs are: each submission has a folder of its own, named by an id that no other ever had, so that its programs go with it.</summary>
internal static class ProgramFolders
{
    /// <summary>The folder of an id.</summary>
    internal static string Of(string codeFolder, string id) => Path.Join(codeFolder, id);

    /// <summary>The ids of a job's programs: one at most, unless it was made by hand. Commands, and programs that lie elsewhere, have none.</summary>
    internal static IReadOnlySet<string> IdsOf(JobSpec spec) =>
        new[] { spec.Mapper, spec.Reducer, spec.Combiner }.Select(IdOf).OfType<string>().ToHashSet(StringComparer.Ordinal);

    /// <summary>Deletes the programs of an id; of one that is not there, nothing.</summary>
    /// <exception cref="PermanentFault">They cannot be deleted.</exception>
    internal static void Delete(string codeFolder, string id)
    {
        try
        {
            Directory.Delete(Of(codeFolder, id), recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Another instance was quicker, or nothing was written.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PermanentFault($"the programs of a job cannot be deleted: {e.Message}", e) { OfMachine = true };
        }
    }

    private static string? IdOf(CodeFile? code) =>
        Path.GetFileName(Path.GetDirectoryName(code?.Path)) is { } name && BlockFiles.IsId(name) ? name : null;
}
