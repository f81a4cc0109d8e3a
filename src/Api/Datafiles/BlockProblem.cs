using System.Globalization;
using Katanemimena.Service;
using Katanemimena.Wire;

namespace Katanemimena.Api;

/// <summary>Tells the sender of a block why it was not taken.</summary>
internal static class BlockProblem
{
    internal static ApiProblem Of(BlockOutcome outcome, BlockRequest block) => outcome switch
    {
        BlockOutcome.Exists => new(ProblemCodes.Exists, $"there is a datafile '{block.Name}'; send it with replace=true to put this one in its place, or choose another name") { Field = "name" },
        BlockOutcome.WrongOffset wrong => new(ProblemCodes.WrongOffset, Text($"{wrong.There} bytes of '{block.Name}' are there; go on at that offset")) { Field = "offset", Received = wrong.There },
        BlockOutcome.OtherUpload other => new(
            ProblemCodes.Conflict,
            Text($"an upload of '{block.Name}' with other bytes or another size ({other.Upload.Total}) is under way; finish that one, or drop it with DELETE and the parameter 'upload'"))
        {
            Field = "name",
            Received = other.Upload.Received,
        },
        BlockOutcome.OverQuota over => new(
            ProblemCodes.OverQuota,
            Text($"{over.Stored} bytes are stored, and {block.Total} more would be over the quota of {block.StoredBytesMax}; delete datafiles or ended jobs, drop uploads, or ask an admin for more. What was deleted or replaced counts for up to an hour more, and for as long as an open job reads it")),
        BlockOutcome.TooMany many => new(
            ProblemCodes.OverQuota,
            Text($"there are {many.Datafiles} datafiles, data sent along with jobs included, and {block.DatafilesMax} are allowed; delete datafiles or ended jobs, or put the data into fewer, larger files")),
        BlockOutcome.WrongChecksum { OfFile: true } wrong => new(
            ProblemCodes.WrongChecksum,
            $"with this block the whole has CRC-32C {DatafileCall.Hexadecimal(wrong.Actual)}, not what was given; the block was not kept: drop the upload and send the file again")
        {
            Field = "X-File-Crc32c",
        },
        BlockOutcome.WrongChecksum wrong => new(
            ProblemCodes.WrongChecksum, $"the body has CRC-32C {DatafileCall.Hexadecimal(wrong.Actual)}, not what was given; it was not kept: send the block again")
        {
            Field = "X-Crc32c",
        },
        BlockOutcome.TooSlow => new(
            ProblemCodes.Conflict, Text($"the block was longer than {DatafileSweeper.LooseTime.TotalMinutes} minutes under way, and its place was cleared; send it again, or smaller ones")),
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "a block that was taken is no problem"),
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
