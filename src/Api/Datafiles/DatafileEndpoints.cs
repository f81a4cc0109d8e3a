using Katanemimena.Wire;

namespace Katanemimena.Api;

/// <summary>The path of datafiles.</summary>
public static class DatafileEndpoints
{
    private const string Octets = "application/octet-stream";

    private static readonly OperationParameter s_name =
        new("path", "name", "1 to 200 letters, digits, '.', '_' and '-', with '/' between parts", Required: true);

    private static readonly OperationParameter s_owner = new("query", "owner", "whose datafiles, for admins; default one's own");

    /// <summary>The endpoint over the parts of an app.</summary>
    public static IReadOnlyList<Endpoint> All(ApiParts parts) => All(new DatafileParts(parts.Datafiles, parts.StandingAsync));

    /// <summary>The one endpoint, under which lists, downloads and uploads are told apart by name and parameters.</summary>
    public static IReadOnlyList<Endpoint> All(DatafileParts parts)
    {
        var reading = new DatafileReading(parts.Store);
        var changing = new DatafileChanging(parts);
        return [new Endpoint("Datafiles", "datafiles/{*name}", [Get(reading), Put(changing), Delete(changing)])];
    }

    private static Operation Get(DatafileReading reading) => new("GET", Caller.User, "Lists datafiles, or downloads one.", reading.GetAsync)
    {
        Description = "Without a name it lists; with a name it downloads, a range too; with a name and 'upload' it tells how far the upload of that name is.",
        Parameters =
        [
            s_name with { Required = false },
            s_owner,
            new("query", "prefix", "of a list: what names begin with"),
            new("query", "after", "of a list: 'next' of the page before"),
            new("query", "limit", "of a list: datafiles a page, 1 to 1000; default 100", "integer"),
            new("query", "upload", "asks about the upload instead of the datafile", "boolean"),
            new("header", "Range", "of a download: one range of bytes"),
            new("header", "If-Range", "of a download: the ETag that the range is of"),
        ],
        Answers =
        [
            new(200, "The list.", WireJson.Default.DatafilesDocument),
            new(200, "The upload that was asked about.", WireJson.Default.UploadDocument),
            new(200, "The datafile.", MediaType: Octets),
            new(206, "The range of it.", MediaType: Octets),
            new(304, "The datafile is the one of If-None-Match."),
        ],
        Problems = [ProblemCodes.InvalidRequest, ProblemCodes.NotFound, ProblemCodes.RangeNotSatisfiable],
    };

    private static Operation Put(DatafileChanging changing) => new("PUT", Caller.User, "Uploads a datafile, or a block of it.", changing.PutAsync)
    {
        Description = "A datafile of at most 32 MiB goes up at once, a larger one in blocks in their order. A block that came before is answered as if it were new.",
        RequestMediaType = Octets,
        Parameters =
        [
            s_name,
            s_owner,
            new("query", "offset", "of a block: bytes before it", "integer"),
            new("query", "total", "of a block: bytes of the whole", "integer"),
            new("query", "replace", "whether it may take the place of a datafile of that name; default false", "boolean"),
            new("header", "X-Crc32c", "CRC-32C of the body, 8 hexadecimal digits"),
            new("header", "X-File-Crc32c", "with the last block: CRC-32C of the whole, 8 hexadecimal digits"),
        ],
        Answers =
        [
            new(201, "The datafile is done.", WireJson.Default.DatafileDocument),
            new(202, "The block is there; more are to come.", WireJson.Default.UploadDocument),
        ],
        Problems =
        [
            ProblemCodes.InvalidRequest, ProblemCodes.NotFound, ProblemCodes.Exists, ProblemCodes.Conflict, ProblemCodes.WrongOffset, ProblemCodes.LengthRequired,
            ProblemCodes.TooLarge, ProblemCodes.OverQuota, ProblemCodes.WrongChecksum,
        ],
    };

    private static Operation Delete(DatafileChanging changing) => new("DELETE", Caller.User, "Deletes a datafile, or drops its upload.", changing.DeleteAsync)
    {
        Description = "Jobs that read the datafile go on reading it. Its bytes count against the quota until they are gone: for an hour, and for as long as an open job reads them.",
        Parameters = [s_name, s_owner, new("query", "upload", "drops the upload instead of the datafile", "boolean")],
        Answers = [new(204, "It is gone.")],
        Problems = [ProblemCodes.InvalidRequest, ProblemCodes.NotFound],
    };
}
