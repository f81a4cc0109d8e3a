using Katanemimena.Core;

namespace Katanemimena.Service;

/// <summary>Opens datafiles for jobs, by what the job's specification says of them: without the key-value store, and whatever became of their names since.</summary>
/// <param name="volume">The volume that all members share.</param>
/// <param name="anywhere">Opens inputs that are no datafiles; null (default) to refuse them, so that no job reads a file of the machine.</param>
public sealed class DatafileReader(IVolume volume, IDataFiles? anywhere = null) : IDataFiles
{
    /// <inheritdoc/>
    /// <remarks>The reader holds one block open at a time.</remarks>
    public VolumeReader Open(InputFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (DatafileSource.TryParse(file.Source, out string id, out string index))
        {
            return BlockFiles.Open(volume, id, index, file.Bytes, file.Name);
        }

        return file.Source is null && anywhere is not null
            ? anywhere.Open(file)
            : throw new PermanentFault($"{file.Name} is no datafile, and workers here read nothing else: upload it and submit the job again");
    }
}
