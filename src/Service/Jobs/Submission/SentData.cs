using System.Globalization;
using System.Security.Cryptography;
using Katanemimena.Core;

namespace Katanemimena.Service;

/// <summary>The data that is sent along with one job, stored as it comes in; dropped again unless the job was stored.</summary>
public sealed class SentData : IAsyncDisposable
{
    /// <summary>Begins the names of data sent along.</summary>
    public const string Prefix = DatafileName.Hidden;

    private const int NameLengthMax = 80;

    private readonly JobParts _parts;
    private readonly string _token;
    private readonly string _owner;
    private readonly UserStanding _standing;
    private readonly List<InputFile> _inputs = [];
    private readonly List<string> _hashes = [];
    private JobRefused? _refused;
    private bool _kept;

    internal SentData(JobParts parts, string token, string owner, UserStanding standing) => (_parts, _token, _owner, _standing) = (parts, token, owner, standing);

    /// <summary>What was stored, in the order it came.</summary>
    public IReadOnlyList<InputFile> Inputs => _inputs;

    /// <summary>Names and SHA-256 of what was sent.</summary>
    internal IReadOnlyList<string> Hashes => _hashes;

    /// <summary>Stores one file. If there is no room for it, it and all that follows is read, but not stored, and <see cref="JobSubmission.SubmitAsync"/> refuses the job unless it was made before.</summary>
    /// <param name="name">Its own name; of what no datafile's name may have, <c>_</c> is made.</param>
    /// <param name="content">Read to its end.</param>
    /// <param name="cancellation">Nothing of it is stored.</param>
    public async ValueTask AddAsync(string name, Stream content, CancellationToken cancellation)
    {
        string plain = Plain(name);
        string stored = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{_token}/{_inputs.Count}-{plain}");
        await using var hashed = new HashedStream(content);
        try
        {
            if (_refused is null)
            {
                _inputs.Add(await _parts.Data.AddAsync(_owner, _standing, stored, hashed, cancellation));
            }
        }
        catch (JobRefused refused)
        {
            _refused = refused;
        }

        await hashed.CopyToAsync(Stream.Null, cancellation);
        _hashes.Add($"{plain} {hashed.Finish()}");
    }

    /// <summary>The name under which data was sent, or the name of a datafile.</summary>
    public static string NameOf(InputFile input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return input.Name.StartsWith(Prefix, StringComparison.Ordinal) && input.Name.LastIndexOf('/') is var slash && input.Name.IndexOf('-', slash + 1) is > 0 and var dash
            ? input.Name[(dash + 1)..]
            : input.Name;
    }

    /// <exception cref="JobRefused">Something was over the owner's quota.</exception>
    internal void RequireStored()
    {
        if (_refused is not null)
        {
            throw _refused;
        }
    }

    /// <summary>What has to hold when the job is stored; its key is to go with that. Null if nothing was sent along.</summary>
    /// <exception cref="TransientFault">The data is no more, or the store cannot be reached.</exception>
    internal async ValueTask<KeyCondition?> ClaimAsync(CancellationToken cancellation) => _inputs.Count > 0 ? await _parts.Data.KeepAsync(_owner, _inputs[0], cancellation) : null;

    /// <summary>The job was stored, or may have been: the data stays until the job is deleted, or is swept away if it was not stored.</summary>
    internal void Keep() => _kept = true;

    /// <summary>Drops what no job has. What cannot be dropped now is swept away later.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (!_kept)
            {
                await _parts.Data.DeleteAsync(_owner, _inputs, CancellationToken.None);
            }
        }
        catch (Exception fault) when (fault is TransientFault or PermanentFault)
        {
            _parts.Report?.Invoke(nameof(SentData), fault);
        }
    }

    private static string Plain(string name)
    {
        string own = name[(name.AsSpan().LastIndexOfAny('/', '\\') + 1)..];
        string plain = string.Concat(own.Take(NameLengthMax).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '_'));
        return plain.Length > 0 ? plain : "input";
    }

    /// <summary>Hashes what is read through it.</summary>
    private sealed class HashedStream(Stream inner) : ReadOnlyStream
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public string Finish() => Convert.ToHexStringLower(_hash.GetHashAndReset());

        public override int Read(Span<byte> buffer) => throw new NotSupportedException("read it asynchronously");

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read = await inner.ReadAsync(buffer, cancellationToken);
            _hash.AppendData(buffer.Span[..read]);
            return read;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        protected override void Dispose(bool disposing)
        {
            _hash.Dispose();
            base.Dispose(disposing);
        }
    }
}
