using Katanemimena.Client;
using Katanemimena.Tests.Contracts.FakeService;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Unit.Client;

/// <summary>What is uploaded is what was there, however often it is interrupted.</summary>
public sealed class UploadTests : IAsyncLifetime
{
    private const int MiB = 1 << 20;

    private readonly byte[] _content = ClientRig.Bytes((3 * MiB) + 4321);
    private ClientRig _rig = null!;
    private string _path = "";

    public async ValueTask InitializeAsync()
    {
        _rig = await ClientRig.StartAsync();
        _path = _rig.File("book.txt", _content);
    }

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(MiB)]
    [InlineData(MiB + 1)]
    [InlineData((2 * MiB) + 7)]
    public async Task File_of_any_size_arrives(int length)
    {
        byte[] content = ClientRig.Bytes(length);
        DatafileDocument datafile = await UploadAsync(_rig.File("any", content));
        Assert.Equal(content, _rig.Service.Datafiles.Files["data/book.txt"]);
        Assert.Equal((length, FakeDatafiles.Checksum(content)), (datafile.Bytes, datafile.Crc32C));
    }

    [Fact]
    public async Task Progress_rises_to_the_whole()
    {
        List<TransferProgress> seen = [];
        await _rig.Client().Datafiles.UploadAsync(_path, "data/book.txt", false, seen.Add, default);
        Assert.Equal([0, MiB, 2 * MiB, 3 * MiB, _content.Length], seen.Select(progress => progress.Bytes));
        Assert.All(seen, progress => Assert.Equal(_content.Length, progress.Total));
    }

    [Fact]
    public async Task Interrupted_upload_goes_on_where_it_was()
    {
        _rig.Service.Datafiles.Uploads["data/book.txt"] = (_content[..(2 * MiB)], _content.Length);
        await UploadAsync(_path);
        Assert.Equal(_content, _rig.Service.Datafiles.Files["data/book.txt"]);
        Assert.Equal(2, _rig.Service.Requests.Count(request => request.StartsWith("PUT", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Upload_of_other_bytes_of_the_same_size_is_left_alone_and_told()
    {
        _rig.Service.Datafiles.Uploads["data/book.txt"] = (new byte[2 * MiB], _content.Length);
        UploadConflict conflict = await Assert.ThrowsAsync<UploadConflict>(() => UploadAsync(_path));
        Assert.Equal(_content.Length, conflict.Upload.Total);
        Assert.True(_rig.Service.Datafiles.Uploads.ContainsKey("data/book.txt"), "it is another's, and may go on");
        Assert.Empty(_rig.Service.Datafiles.Files);
    }

    [Fact]
    public async Task Upload_of_other_bytes_of_the_same_size_begins_again_where_the_name_is_to_be_replaced()
    {
        _rig.Service.Datafiles.Uploads["data/book.txt"] = (new byte[2 * MiB], _content.Length);
        await _rig.Client().Datafiles.UploadAsync(_path, "data/book.txt", true, null, default);
        Assert.Equal(_content, _rig.Service.Datafiles.Files["data/book.txt"]);
    }

    [Fact]
    public async Task Upload_of_another_size_is_left_alone_and_told()
    {
        _rig.Service.Datafiles.Uploads["data/book.txt"] = (_content[..(2 * MiB)], _content.Length + 1);
        UploadConflict conflict = await Assert.ThrowsAsync<UploadConflict>(() => UploadAsync(_path));
        Assert.Equal((2 * MiB, _content.Length + 1), (conflict.Upload.Received, conflict.Upload.Total));
        Assert.Equal(2 * MiB, _rig.Service.Datafiles.Uploads["data/book.txt"].Received.Length);
        await _rig.Client().Datafiles.DropUploadAsync("data/book.txt", default);
        await UploadAsync(_path);
        Assert.Equal(_content, _rig.Service.Datafiles.Files["data/book.txt"]);
    }

    [Theory]
    [InlineData("PUT datafiles/data/book.txt?offset=0")]
    [InlineData("PUT datafiles/data/book.txt?offset=1048576")]
    [InlineData("PUT datafiles/data/book.txt?offset=3145728")]
    public async Task Lost_answer_to_any_block_does_no_harm(string request)
    {
        _rig.Service.Cut(request, 1, 0);
        DatafileDocument datafile = await UploadAsync(_path);
        Assert.Equal(_content, _rig.Service.Datafiles.Files["data/book.txt"]);
        Assert.Equal(_content.Length, datafile.Bytes);
    }

    [Fact]
    public async Task Lost_answer_to_a_file_of_one_block_does_no_harm()
    {
        _rig.Service.Cut("PUT", 1, 0);
        Assert.Equal(9, (await UploadAsync(_rig.File("small", "nine byte"u8.ToArray()))).Bytes);
    }

    [Fact]
    public async Task Wrong_offset_sends_the_client_back()
    {
        _rig.Service.Break("PUT datafiles/data/book.txt?offset=2097152", 1, _ =>
        {
            _rig.Service.Datafiles.Uploads["data/book.txt"] = (_content[..1000], _content.Length);
            return Task.FromResult(FakeAnswer.Problem(409, ProblemCodes.WrongOffset, "lost some", received: 1000));
        });
        await UploadAsync(_path);
        Assert.Equal(_content, _rig.Service.Datafiles.Files["data/book.txt"]);
    }

    [Fact]
    public async Task Upload_that_never_gets_on_ends()
    {
        _rig.Service.Refuse("PUT", 100, FakeAnswer.Problem(409, ProblemCodes.WrongOffset, "elsewhere", received: 0));
        TransferFault fault = await Assert.ThrowsAsync<TransferFault>(() => UploadAsync(_path));
        Assert.Contains("no progress", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damaged_block_is_sent_again()
    {
        _rig.Service.Refuse("PUT datafiles/data/book.txt?offset=1048576", 1, FakeAnswer.Problem(422, ProblemCodes.WrongChecksum, "damaged", field: "X-Crc32c"));
        await UploadAsync(_path);
        Assert.Equal(_content, _rig.Service.Datafiles.Files["data/book.txt"]);
    }

    [Fact]
    public async Task Checksum_of_the_whole_that_stays_wrong_is_told()
    {
        _rig.Service.Refuse("PUT datafiles/data/book.txt?offset=3145728", 100, FakeAnswer.Problem(422, ProblemCodes.WrongChecksum, "another file", field: "X-File-Crc32c"));
        Assert.Equal(ProblemCodes.WrongChecksum, (await Assert.ThrowsAsync<ServiceProblem>(() => UploadAsync(_path))).Code);
    }

    [Fact]
    public async Task File_that_is_written_meanwhile_is_refused()
    {
        _rig.Service.Break("PUT datafiles/data/book.txt?offset=1048576", 1, serve =>
        {
            File.AppendAllText(_path, "more");
            return serve();
        });
        TransferFault fault = await Assert.ThrowsAsync<TransferFault>(() => UploadAsync(_path));
        Assert.Contains(_path, fault.Message, StringComparison.Ordinal);
        Assert.Empty(_rig.Service.Datafiles.Files);
    }

    [Fact]
    public async Task Datafile_that_exists_is_replaced_only_when_asked()
    {
        _rig.Service.Datafiles.Files["data/book.txt"] = [1];
        Assert.Equal(ProblemCodes.Exists, (await Assert.ThrowsAsync<ServiceProblem>(() => UploadAsync(_path))).Code);
        await _rig.Client().Datafiles.UploadAsync(_path, "data/book.txt", true, null, default);
        Assert.Equal(_content, _rig.Service.Datafiles.Files["data/book.txt"]);
    }

    [Fact]
    public async Task Restart_of_the_server_is_lived_through()
    {
        _rig.Service.Refuse("PUT datafiles/data/book.txt?offset=1048576", 4, FakeAnswer.Html(502));
        await UploadAsync(_path);
        Assert.Equal(_content, _rig.Service.Datafiles.Files["data/book.txt"]);
        Assert.Equal(4, _rig.Retries.Count);
    }

    private Task<DatafileDocument> UploadAsync(string path) => _rig.Client().Datafiles.UploadAsync(path, "data/book.txt", false, null, default);
}
