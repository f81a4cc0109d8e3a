using Katanemimena.Core;
using Katanemimena.Service;
using Katanemimena.Wire;

namespace Katanemimena.Api;

/// <summary>Lists and downloads.</summary>
internal sealed class DatafileReading(DatafileStore store)
{
    private const int LimitMax = 1000;
    private const int LimitDefault = 100;

    internal Task GetAsync(ApiCall call) =>
        call.Path("name").Length == 0 ? ListAsync(call)
        : call.Flag("upload") ? UploadAsync(call)
        : DownloadAsync(call);

    private async Task ListAsync(ApiCall call)
    {
        string owner = DatafileCall.Owner(call);
        int limit = (int)call.Query("limit", 1, LimitMax, LimitDefault);
        DatafilePage page = await store.ListAsync(owner, Beginning(call, "prefix"), Beginning(call, "after"), limit, call.Cancellation);
        await call.AnswerAsync(200, new DatafilesDocument([.. page.Files.Select(DatafileCall.Document)], page.Next), WireJson.Default.DatafilesDocument);
    }

    private async Task UploadAsync(ApiCall call)
    {
        string name = DatafileCall.Name(call);
        DatafileUpload upload = await store.UploadAsync(DatafileCall.Owner(call), name, call.Cancellation) ?? throw DatafileCall.NoUpload(name);
        await call.AnswerAsync(200, DatafileCall.Document(upload), WireJson.Default.UploadDocument);
    }

    private async Task DownloadAsync(ApiCall call)
    {
        string name = DatafileCall.Name(call);
        Datafile file = await store.FindAsync(DatafileCall.Owner(call), name, call.Cancellation) ?? throw DatafileCall.NotFound(name);
        using VolumeReader bytes = store.Open(file);
        call.Http.Response.Headers["X-File-Crc32c"] = DatafileCall.Hexadecimal(file.Crc32C);
        await new FileAnswer { Tag = file.Id, Modified = file.Uploaded, SavedAs = name.Split('/')[^1] }.WriteAsync(call, bytes);
    }

    private static string Beginning(ApiCall call, string parameter) =>
        call.Query(parameter) is not { } text ? ""
        : DatafileName.IsBeginning(text) ? text
        : throw ApiCall.Invalid(parameter, $"is '{SentText.Quoted(text)}'; no datafile's name begins like that");
}
