using Katanemimena.Service;
using Katanemimena.Wire;

namespace Katanemimena.Api;

/// <summary>What calls about datafiles have in common.</summary>
internal static class DatafileCall
{
    /// <summary>The datafile's name in the path.</summary>
    /// <exception cref="ApiProblem">It is none that users may have.</exception>
    internal static string Name(ApiCall call)
    {
        string name = call.Path("name");
        return DatafileName.Check(name) is { } trouble ? throw ApiCall.Invalid("name", trouble)
            : DatafileName.IsHidden(name) ? throw ApiCall.Invalid("name", $"begins with {DatafileName.Hidden}, as only names of data sent along with jobs do")
            : name;
    }

    /// <summary>Whose datafiles are meant: one's own, where nobody is named.</summary>
    /// <exception cref="ApiProblem">They are another's, and no admin calls; or the text is no name.</exception>
    internal static string Owner(ApiCall call) => call.Owner() ?? call.Identity.Name;

    internal static ApiProblem NotFound(string name) => new(ProblemCodes.NotFound, $"there is no datafile '{name}'");

    internal static ApiProblem NoUpload(string name) => new(ProblemCodes.NotFound, $"there is no upload of '{name}' under way");

    internal static DatafileDocument Document(Datafile file) => new()
    {
        Name = file.Name,
        Owner = file.Owner,
        Bytes = file.Bytes,
        Crc32C = Hexadecimal(file.Crc32C),
        Gzip = file.Gzip,
        Uploaded = file.Uploaded,
    };

    internal static UploadDocument Document(DatafileUpload upload) => new()
    {
        Name = upload.Name,
        Total = upload.Total,
        Received = upload.Received,
        Touched = upload.Touched,
    };

    internal static string Hexadecimal(uint crc) => crc.ToString("x8", System.Globalization.CultureInfo.InvariantCulture);
}
