using Katanemimena.Core;

namespace Katanemimena.Service;

/// <summary>The data of users as jobs need it: datafiles by name, and data that is sent along with a job.</summary>
/// <remarks>Every method may throw <see cref="TransientFault"/>. What is wrong with a request is a <see cref="JobRefused"/>.</remarks>
public interface IJobData
{
    /// <summary>The datafiles that patterns stand for, in the order given; of one pattern, by byte order of their names.</summary>
    /// <param name="owner">Whose datafiles.</param>
    /// <param name="patterns">Names or globs.</param>
    /// <param name="cancellation">Stops reading.</param>
    /// <exception cref="JobRefused">A pattern matches nothing; it is named.</exception>
    ValueTask<IReadOnlyList<InputFile>> ResolveAsync(string owner, IReadOnlyList<string> patterns, CancellationToken cancellation);

    /// <summary>Reads a whole datafile.</summary>
    /// <param name="owner">Whose.</param>
    /// <param name="name">Its name.</param>
    /// <param name="bytesMax">Most bytes it may have.</param>
    /// <param name="cancellation">Stops reading.</param>
    /// <exception cref="JobRefused">There is none of the name, or it is larger.</exception>
    ValueTask<byte[]> ReadAsync(string owner, string name, int bytesMax, CancellationToken cancellation);

    /// <summary>Stores data that was sent along with a job. It counts against the owner's quota and is in no list; if no job has it within an hour or so, it is deleted.</summary>
    /// <param name="owner">Whose.</param>
    /// <param name="standing">How they stand.</param>
    /// <param name="name">Begins with <see cref="SentData.Prefix"/>; one that no other data has.</param>
    /// <param name="content">Read to its end, once.</param>
    /// <param name="cancellation">Nothing is stored.</param>
    /// <exception cref="JobRefused">It is over the quota, or the account is no more.</exception>
    ValueTask<InputFile> AddAsync(string owner, UserStanding standing, string name, Stream content, CancellationToken cancellation);

    /// <summary>What has to hold in the transaction that stores the job, which is also to remove its key: from then on the data stays until the job is deleted.</summary>
    /// <param name="owner">Whose.</param>
    /// <param name="input">Any of the data that was sent along with the job.</param>
    /// <param name="cancellation">Stops reading.</param>
    /// <exception cref="TransientFault">The data was deleted already, or the store cannot be reached: send the job again.</exception>
    ValueTask<KeyCondition> KeepAsync(string owner, InputFile input, CancellationToken cancellation);

    /// <summary>Removes data that <see cref="AddAsync"/> stored; of what is not there or was not stored by it, nothing.</summary>
    ValueTask DeleteAsync(string owner, IReadOnlyList<InputFile> inputs, CancellationToken cancellation);
}
