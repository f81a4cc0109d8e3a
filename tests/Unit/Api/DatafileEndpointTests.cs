using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Katanemimena.Access;
using Katanemimena.Api;
using Katanemimena.DataPath;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Unit.Api;

/// <summary>Uploads, lists and deletions over HTTP.</summary>
public sealed class DatafileEndpointTests : IAsyncLifetime
{
    private const int Mebibyte = 1 << 20;
    private const int DatafilesMax = 20;

    private static readonly byte[] s_file = Random(Mebibyte + 1000);

    private ApiServer _server = null!;
    private string _ada = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ApiServer.StartAsync(DatafileEndpoints.All, parts => parts with { Quota = new UserQuota(1, 5 * Mebibyte), DatafilesMax = DatafilesMax });
        _ada = await _server.TokenAsync("ada");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Datafile_goes_up_at_once_and_is_listed_downloaded_and_deleted()
    {
        ApiAnswer put = await PutAsync("datafiles/a/b.txt", "hello\n"u8.ToArray());
        Assert.Equal(201, put.Status);
        DatafileDocument file = put.Document(WireJson.Default.DatafileDocument);
        Assert.Equal(("a/b.txt", "ada", 6L, Hexadecimal("hello\n"u8), false), (file.Name, file.Owner, file.Bytes, file.Crc32C, file.Gzip));
        DatafilesDocument list = (await GetAsync("datafiles")).Document(WireJson.Default.DatafilesDocument);
        Assert.Equal([file], list.Datafiles);
        Assert.Null(list.Next);
        ApiAnswer got = await GetAsync("datafiles/a/b.txt");
        Assert.Equal((200, "hello\n", "application/octet-stream"), (got.Status, got.Body, got.MediaType));
        Assert.Equal("attachment; filename=\"b.txt\"", got.Headers["Content-Disposition"]);
        Assert.Equal(file.Crc32C, got.Headers["X-File-Crc32c"]);
        Assert.Equal(204, (await _server.SendAsync("DELETE", "datafiles/a/b.txt", _ada)).Status);
        Assert.Equal(404, (await GetAsync("datafiles/a/b.txt")).Status);
        Assert.Equal(ProblemCodes.NotFound, (await _server.SendAsync("DELETE", "datafiles/a/b.txt", _ada)).Problem.Code);
    }

    [Fact]
    public async Task Empty_datafile_is_one()
    {
        Assert.Equal(201, (await PutAsync("datafiles/e", [])).Status);
        ApiAnswer got = await GetAsync("datafiles/e");
        Assert.Equal((200, "", "0"), (got.Status, got.Body, got.Headers["Content-Length"]));
    }

    [Fact]
    public async Task Datafile_goes_up_in_blocks_and_after_a_break_from_where_it_was()
    {
        Assert.Equal(ProblemCodes.NotFound, (await GetAsync("datafiles/a?upload")).Problem.Code);
        ApiAnswer first = await BlockAsync(0, Mebibyte);
        Assert.Equal((202, Mebibyte), (first.Status, first.Document(WireJson.Default.UploadDocument).Received));
        UploadDocument upload = (await GetAsync("datafiles/a?upload")).Document(WireJson.Default.UploadDocument);
        Assert.Equal(("a", (long)s_file.Length, (long)Mebibyte, _server.Rig.Clock.GetUtcNow()), (upload.Name, upload.Total, upload.Received, upload.Touched));
        Assert.Equal(404, (await GetAsync("datafiles/a")).Status);
        Assert.Equal(202, (await BlockAsync(0, Mebibyte)).Status);
        ProblemDocument gap = (await BlockAsync(Mebibyte + 500, 500)).Problem;
        Assert.Equal((409, ProblemCodes.WrongOffset, (long?)Mebibyte), (gap.Status, gap.Code, gap.Received));
        Assert.Equal(201, (await BlockAsync(Mebibyte, 1000)).Status);
        Assert.Equal(201, (await BlockAsync(Mebibyte, 1000)).Status);
        Assert.Equal(s_file, await BytesAsync("datafiles/a"));
        Assert.Equal(404, (await _server.SendAsync("DELETE", "datafiles/a?upload", _ada)).Status);
    }

    [Fact]
    public async Task Upload_is_dropped()
    {
        await BlockAsync(0, Mebibyte);
        Assert.Equal(204, (await _server.SendAsync("DELETE", "datafiles/a?upload", _ada)).Status);
        Assert.Equal(404, (await GetAsync("datafiles/a?upload")).Status);
        Assert.Equal(0, (await BlockAsync(Mebibyte, 1000)).Problem.Received);
    }

    [Fact]
    public async Task Upload_of_other_bytes_is_a_conflict_and_a_datafile_is_replaced_only_when_asked_for()
    {
        await BlockAsync(0, Mebibyte);
        ProblemDocument conflict = (await PutAsync("datafiles/a?offset=0&total=3000000", s_file[..Mebibyte])).Problem;
        Assert.Equal((409, ProblemCodes.Conflict, (long?)Mebibyte), (conflict.Status, conflict.Code, conflict.Received));
        await PutAsync("datafiles/b", [1]);
        Assert.Equal(ProblemCodes.Exists, (await PutAsync("datafiles/b", [2])).Problem.Code);
        Assert.Equal(201, (await PutAsync("datafiles/b?replace=true", [2])).Status);
        Assert.Equal([2], await BytesAsync("datafiles/b"));
    }

    [Fact]
    public async Task Checksums_that_are_given_must_be_right()
    {
        byte[] body = "hello\n"u8.ToArray();
        string right = Hexadecimal(body);
        ProblemDocument wrong = (await PutAsync("datafiles/a", body, ("X-Crc32c", "00000001"))).Problem;
        Assert.Equal((422, ProblemCodes.WrongChecksum, "X-Crc32c"), (wrong.Status, wrong.Code, wrong.Field));
        wrong = (await PutAsync("datafiles/a", body, ("X-File-Crc32c", "00000001"))).Problem;
        Assert.Equal((ProblemCodes.WrongChecksum, "X-File-Crc32c"), (wrong.Code, wrong.Field));
        Assert.Equal(404, (await GetAsync("datafiles/a")).Status);
        foreach (string no in new[] { "1", "zzzzzzzz", "0x000001", "+0000001", " ", "000000001" })
        {
            Assert.Equal((400, "X-Crc32c"), (await PutAsync("datafiles/a", body, ("X-Crc32c", no))) is var answer ? (answer.Status, answer.Problem.Field) : default);
        }

        Assert.Equal(201, (await PutAsync("datafiles/a", body, ("X-Crc32c", right.ToUpperInvariant()), ("X-File-Crc32c", right))).Status);
    }

    [Fact]
    public async Task Quota_is_the_installations_or_the_users_own()
    {
        await PutAsync("datafiles/a", s_file);
        ProblemDocument over = (await PutAsync("datafiles/b?offset=0&total=5000000", s_file[..Mebibyte])).Problem;
        Assert.Equal((413, ProblemCodes.OverQuota), (over.Status, over.Code));
        Assert.Contains(s_file.Length.ToString(CultureInfo.InvariantCulture), over.Detail, StringComparison.Ordinal);
        Assert.Equal(UserOutcome.Done, (await _server.Rig.First.Users.ChangeAsync("ada", new UserChange { Quota = new UserQuota(null, 10 * Mebibyte) }, default)).Outcome);
        Assert.Equal(202, (await PutAsync("datafiles/b?offset=0&total=5000000", s_file[..Mebibyte])).Status);
    }

    [Fact]
    public async Task Number_of_datafiles_has_a_bound_though_they_be_empty()
    {
        for (int i = 0; i < DatafilesMax; i++)
        {
            Assert.Equal(201, (await PutAsync($"datafiles/e{i}", [])).Status);
        }

        ProblemDocument over = (await PutAsync("datafiles/more", [])).Problem;
        Assert.Equal((413, ProblemCodes.OverQuota), (over.Status, over.Code));
        Assert.Contains($"{DatafilesMax} are allowed", over.Detail, StringComparison.Ordinal);
        Assert.Equal(201, (await PutAsync("datafiles/e0?replace=true", [1])).Status);
    }

    [Fact]
    public async Task Token_of_an_account_that_is_still_remembered_begins_no_upload_for_the_one_made_anew_under_its_name()
    {
        Assert.Equal(200, (await _server.SendAsync("GET", "datafiles", _ada)).Status);

        // On another instance: this one remembers the account for 5 s.
        Assert.Equal(UserOutcome.Done, (await _server.Rig.Second.Users.DeleteAsync("ada", default)).Outcome);
        Assert.Equal(UserOutcome.Done, (await _server.Rig.Second.Users.CreateAsync("ada", ApiServer.Password, UserRole.User, null, default)).Outcome);
        Assert.Equal((401, ProblemCodes.Unauthorized), await PutAsync("datafiles/a", s_file) is var answer ? (answer.Status, answer.Problem.Code) : default);
        Assert.Equal(0, await _server.Parts.Datafiles.StoredBytesAsync("ada", default));
    }

    [Fact]
    public async Task Upload_of_an_account_that_is_deleted_and_made_anew_meanwhile_is_not_the_new_ones()
    {
        string root = await _server.TokenAsync("root", UserRole.Admin);
        _server.Rig.Store.BeforeNextWrite = async () =>
        {
            Assert.Equal(UserOutcome.Done, (await _server.Rig.First.Users.DeleteAsync("ada", default)).Outcome);
            await _server.Rig.AddAsync("ada");
        };
        Assert.Equal((404, ProblemCodes.NotFound), await PutAsync("datafiles/a", s_file) is var answer ? (answer.Status, answer.Problem.Code) : default);
        Assert.Empty((await _server.SendAsync("GET", "datafiles?owner=ada", root)).Document(WireJson.Default.DatafilesDocument).Datafiles);
        Assert.Equal(0, await _server.Parts.Datafiles.StoredBytesAsync("ada", default));
    }

    [Theory]
    [InlineData("offset=0", "total")]
    [InlineData("total=5", "offset")]
    [InlineData("offset=1&total=5", "offset")]
    [InlineData("offset=0&total=6", "offset")]
    [InlineData("offset=-1&total=5", "offset")]
    [InlineData("offset=0&total=99999999999999999999", "total")]
    [InlineData("offset=9223372036854775807&total=9223372036854775807", "offset")]
    [InlineData("offset=x&total=5", "offset")]
    [InlineData("offset=0&offset=0&total=5", "offset")]
    [InlineData("replace=maybe", "replace")]
    public async Task Block_that_can_be_none_is_refused(string query, string field)
    {
        ApiAnswer answer = await PutAsync("datafiles/a?" + query, "12345"u8.ToArray());
        Assert.Equal((400, ProblemCodes.InvalidRequest, field), (answer.Status, answer.Problem.Code, answer.Problem.Field));
    }

    [Fact]
    public async Task Body_without_a_length_or_longer_than_a_block_is_refused()
    {
        using var chunked = new StreamContent(new MemoryStream([1, 2, 3]));
        using HttpRequestMessage request = new(HttpMethod.Put, "/api/datafiles/a") { Content = chunked };
        request.Headers.TransferEncodingChunked = true;
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _ada);
        using HttpResponseMessage answer = await _server.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.LengthRequired, answer.StatusCode);

        string raw = await RawRequest.SendAsync(_server.Client.BaseAddress!, "PUT /api/datafiles/a HTTP/1.1", _ada, "Content-Length: 33554433");
        Assert.StartsWith("HTTP/1.1 413", raw, StringComparison.Ordinal);
        Assert.Contains(ProblemCodes.TooLarge, raw, StringComparison.Ordinal);
        Assert.Empty((await GetAsync("datafiles")).Document(WireJson.Default.DatafilesDocument).Datafiles);
    }

    [Theory]
    [InlineData("/api/datafiles/../../etc/passwd")]
    [InlineData("/api/datafiles/..")]
    [InlineData("/api/datafiles/a/../../..")]
    [InlineData("/api/datafiles/%2e%2e/%2e%2e/etc/passwd")]
    [InlineData("/api/datafiles/..%2f..%2fetc%2fpasswd")]
    [InlineData("/api/datafiles/a%2F..%2Fb")]
    [InlineData("/api/datafiles/%2Fetc%2Fpasswd")]
    [InlineData("/api/datafiles//etc/passwd")]
    [InlineData("/api/datafiles/a\\..\\b")]
    [InlineData("/api/datafiles/a%5C..%5Cb")]
    [InlineData("/api/datafiles/a%00b")]
    [InlineData("/api/datafiles/%252e%252e%252fb")]
    [InlineData("/api/datafiles/a%0d%0aX-Evil:%201")]
    [InlineData("/api/datafiles/.job/x")]
    [InlineData("/api/datafiles/a%20b")]
    [InlineData("/api/datafiles/%c3%a4")]
    [InlineData("/api/datafiles/")]
    [InlineData("/api/datafiles")]
    public async Task Name_that_breaks_the_rules_reaches_nothing(string path)
    {
        foreach (string method in new[] { "PUT", "DELETE" })
        {
            string answer = await RawRequest.SendAsync(_server.Client.BaseAddress!, $"{method} {path} HTTP/1.1", _ada, "Content-Length: 1", "x");
            Assert.Matches("^HTTP/1.1 (400|404|405) ", answer);
            Assert.DoesNotContain("X-Evil: 1", answer, StringComparison.OrdinalIgnoreCase);
        }

        Assert.Empty(_server.Parts.Volume.List(""));
        Assert.Equal(0, await _server.Rig.KeysAsync("/mr/datafiles/"));
        Assert.Equal(0, await _server.Rig.KeysAsync("/mr/loose/"));
    }

    [Fact]
    public async Task Very_long_names_are_refused()
    {
        Assert.Equal(400, (await PutAsync("datafiles/" + new string('a', 201), [1])).Status);
        Assert.Equal(201, (await PutAsync("datafiles/" + new string('a', 200), [1])).Status);
        Assert.Equal(414, (await PutAsync("datafiles/" + new string('a', 20_000), [1])).Status);
    }

    [Fact]
    public async Task Slash_of_a_name_may_be_encoded()
    {
        Assert.Equal(201, (await PutAsync("datafiles/a%2Fb", [1])).Status);
        Assert.Equal([1], await BytesAsync("datafiles/a/b"));
    }

    [Fact]
    public async Task Others_have_nothing_of_it_but_an_admin_has()
    {
        await PutAsync("datafiles/a", [1, 2]);
        await BlockAsync(0, Mebibyte, "b");
        string bob = await _server.TokenAsync("bob");
        foreach ((string method, string path) in new[] { ("GET", "a"), ("HEAD", "a"), ("DELETE", "a"), ("GET", "b?upload"), ("DELETE", "b?upload") })
        {
            Assert.Equal(404, (await _server.SendAsync(method, "datafiles/" + path, bob)).Status);
        }

        Assert.Empty((await _server.SendAsync("GET", "datafiles", bob)).Document(WireJson.Default.DatafilesDocument).Datafiles);
        Assert.Equal(ProblemCodes.Forbidden, (await _server.SendAsync("GET", "datafiles?owner=ada", bob)).Problem.Code);
        Assert.Equal(ProblemCodes.Forbidden, (await _server.SendAsync("GET", "datafiles/a?owner=ada", bob)).Problem.Code);
        Assert.Equal(ProblemCodes.Forbidden, (await _server.SendAsync("DELETE", "datafiles/nothing?owner=ada", bob)).Problem.Code);
        Assert.Equal(200, (await GetAsync("datafiles?owner=ada")).Status);
        string root = await _server.TokenAsync("root", UserRole.Admin);
        Assert.Equal("\u0001\u0002", (await _server.SendAsync("GET", "datafiles/a?owner=ada", root)).Body);
        Assert.Single((await _server.SendAsync("GET", "datafiles?owner=ada", root)).Document(WireJson.Default.DatafilesDocument).Datafiles);
        Assert.Equal(404, (await _server.SendAsync("PUT", "datafiles/a?owner=nobody", root, new ByteArrayContent([1]))).Status);
        Assert.Equal(400, (await _server.SendAsync("GET", "datafiles?owner=a/b", root)).Status);
        Assert.Equal(204, (await _server.SendAsync("DELETE", "datafiles/a?owner=ada", root)).Status);
        Assert.Equal(401, (await _server.SendAsync("GET", "datafiles/a")).Status);
    }

    [Fact]
    public async Task List_comes_in_pages()
    {
        foreach (string name in new[] { "x/1", "x/2", "x/3", "y" })
        {
            await PutAsync("datafiles/" + name, [1]);
        }

        DatafilesDocument page = (await GetAsync("datafiles?prefix=x/&limit=2")).Document(WireJson.Default.DatafilesDocument);
        Assert.Equal((2, "x/2"), (page.Datafiles.Count, page.Next));
        page = (await GetAsync("datafiles?prefix=x/&limit=2&after=x/2")).Document(WireJson.Default.DatafilesDocument);
        Assert.Equal(("x/3", null), (page.Datafiles.Single().Name, page.Next));
        Assert.Equal("limit", (await GetAsync("datafiles?limit=1001")).Problem.Field);
        Assert.Equal("prefix", (await GetAsync("datafiles?prefix=%C3%A4")).Problem.Field);
        Assert.Equal("after", (await GetAsync("datafiles?after=a%00")).Problem.Field);
    }

    [Fact]
    public async Task Method_that_the_path_does_not_take_is_refused() => Assert.Equal(405, (await _server.SendAsync("POST", "datafiles/a", _ada)).Status);

    private static byte[] Random(int count)
    {
        byte[] bytes = new byte[count];
        new Random(4).NextBytes(bytes);
        return bytes;
    }

    private static string Hexadecimal(ReadOnlySpan<byte> bytes) => Crc32C.Append(0, bytes).ToString("x8", CultureInfo.InvariantCulture);

    private Task<ApiAnswer> GetAsync(string path) => _server.SendAsync("GET", path, _ada);

    private async Task<byte[]> BytesAsync(string path)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/api/" + path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _ada);
        using HttpResponseMessage response = await _server.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsByteArrayAsync();
    }

    private async Task<ApiAnswer> PutAsync(string path, byte[] body, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = new(HttpMethod.Put, "/api/" + path) { Content = new ByteArrayContent(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _ada);
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage response = await _server.Client.SendAsync(request);
        return await ApiAnswer.ReadAsync(response);
    }

    private Task<ApiAnswer> BlockAsync(int offset, int length, string name = "a") =>
        PutAsync($"datafiles/{name}?offset={offset}&total={s_file.Length}", s_file[offset..(offset + length)]);
}
