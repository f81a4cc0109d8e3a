using System.Globalization;
using Katanemimena.Core;
using Katanemimena.Service;
using Katanemimena.Wire;

namespace Katanemimena.Api;

/// <summary>Uploads and deletions.</summary>
internal sealed class DatafileChanging(DatafileParts parts)
{
    private const int ChecksumDigits = 8;

    internal async Task PutAsync(ApiCall call)
    {
        string owner = DatafileCall.Owner(call);
        string name = DatafileCall.Name(call);
        BlockRequest block = Block(call, owner, name);
        UserStanding standing = await parts.StandingOf(owner, call.Cancellation) ?? throw NoUser(owner);
        if (owner == call.Identity.Name && !standing.IsOf(call.Identity.Version))
        {
            throw new ApiProblem(ProblemCodes.Unauthorized, "the account was changed, or made anew, since the access token was given: sign in again");
        }

        block = block with { StoredBytesMax = standing.StoredBytesMax, DatafilesMax = standing.DatafilesMax, Account = standing.Account };

        // Without its name, which is only what the caller sent until something has it.
        call.Changed = new ChangedThing("datafile, asked to be uploaded", owner);
        switch (await parts.Store.PutAsync(block, call.Http.Request.Body, call.Cancellation))
        {
            case BlockOutcome.Received received:
                // One line an upload, not one a block.
                call.Changed = block.Offset == 0 ? new ChangedThing($"upload of datafile {name}, begun", owner) : null;
                await call.AnswerAsync(202, DatafileCall.Document(received.Upload), WireJson.Default.UploadDocument);
                break;
            case BlockOutcome.Done done:
                call.Changed = new ChangedThing($"datafile {name}, uploaded", owner);
                await call.AnswerAsync(201, DatafileCall.Document(done.File), WireJson.Default.DatafileDocument);
                break;
            case BlockOutcome.NoAccount:
                throw NoUser(owner);
            case var refused:
                throw BlockProblem.Of(refused, block);
        }
    }

    internal async Task DeleteAsync(ApiCall call)
    {
        string owner = DatafileCall.Owner(call);
        string name = DatafileCall.Name(call);
        if (call.Flag("upload"))
        {
            call.Changed = await parts.Store.UploadAsync(owner, name, call.Cancellation) is null ? null : new ChangedThing($"upload of datafile {name}, asked to be dropped", owner);
            _ = await parts.Store.DropUploadAsync(owner, name, call.Cancellation) ? true : throw DatafileCall.NoUpload(name);
            call.Changed = new ChangedThing($"upload of datafile {name}, dropped", owner);
        }
        else
        {
            call.Changed = await parts.Store.FindAsync(owner, name, call.Cancellation) is null ? null : new ChangedThing($"datafile {name}, asked to be deleted", owner);
            _ = await parts.Store.DeleteAsync(owner, name, call.Cancellation) ? true : throw DatafileCall.NotFound(name);
            call.Changed = new ChangedThing($"datafile {name}, deleted", owner);
        }

        call.AnswerNothing();
    }

    private static ApiProblem NoUser(string owner) => new(ProblemCodes.NotFound, $"there is no user '{owner}'") { Field = "owner" };

    private static BlockRequest Block(ApiCall call, string owner, string name)
    {
        long length = call.BodyLength(DatafileStore.BlockBytesMax);
        if (call.Query("offset") is null != call.Query("total") is null)
        {
            throw ApiCall.Invalid(call.Query("offset") is null ? "offset" : "total", "is missing; a block has both offset and total, a whole datafile has neither");
        }

        var block = new BlockRequest
        {
            Owner = owner,
            Name = name,
            Length = length,
            Offset = call.Query("offset", 0, long.MaxValue, 0),
            Total = call.Query("total", 0, long.MaxValue, length),
            Replace = call.Flag("replace"),
            Crc32C = Checksum(call, "X-Crc32c"),
            FileCrc32C = Checksum(call, "X-File-Crc32c"),
        };
        return block.Check() is { } trouble ? throw new ApiProblem(ProblemCodes.InvalidRequest, trouble) { Field = "offset" } : block;
    }

    private static uint? Checksum(ApiCall call, string header) =>
        call.Header(header) is not { } text ? null
        : text.Length == ChecksumDigits && uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint crc) ? crc
        : throw ApiCall.Invalid(header, $"is '{SentText.Quoted(text)}'; {ChecksumDigits} hexadecimal digits are wanted");
}
