using System.Net.Http.Headers;
using System.Text;
using Katanemimena.Api;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Unit.Api;

/// <summary>Downloads by range: RFC 9110, sections 13 to 15.</summary>
public sealed class FileAnswerTests : IAsyncLifetime
{
    private const string Text = "0123456789";

    private ApiServer _server = null!;
    private string _token = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ApiServer.StartAsync(DatafileEndpoints.All);
        _token = await _server.TokenAsync("ada");
        await _server.SendAsync("PUT", "datafiles/a", _token, new ByteArrayContent(Encoding.ASCII.GetBytes(Text)));
        await _server.SendAsync("PUT", "datafiles/empty", _token, new ByteArrayContent([]));
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("bytes=0-0", 0, 1)]
    [InlineData("bytes=0-9", 0, 10)]
    [InlineData("bytes=3-5", 3, 3)]
    [InlineData("bytes=3-", 3, 7)]
    [InlineData("bytes=9-", 9, 1)]
    [InlineData("bytes=-1", 9, 1)]
    [InlineData("bytes=-100", 0, 10)]
    [InlineData("bytes=5-1000", 5, 5)]
    [InlineData("BYTES=3-5", 3, 3)]
    [InlineData("bytes= 3-5", 3, 3)]
    public async Task Range_is_answered_with_that_part(string range, int start, int length)
    {
        ApiAnswer answer = await GetAsync("a", ("Range", range));
        Assert.Equal((206, Text.Substring(start, length)), (answer.Status, answer.Body));
        Assert.Equal($"bytes {start}-{start + length - 1}/10", answer.Headers["Content-Range"]);
        Assert.Equal($"{length}", answer.Headers["Content-Length"]);
    }

    [Theory]
    [InlineData("bytes=0-1,3-4")]
    [InlineData("lines=0-1")]
    [InlineData("bytes=5-3")]
    [InlineData("bytes=a-b")]
    [InlineData("bytes=-")]
    [InlineData("0-1")]
    [InlineData("bytes=99999999999999999999-")]
    public async Task Range_that_is_none_or_several_is_answered_with_the_whole(string range)
    {
        ApiAnswer answer = await GetAsync("a", ("Range", range));
        Assert.Equal((200, Text, "bytes"), (answer.Status, answer.Body, answer.Headers["Accept-Ranges"]));
        Assert.False(answer.Headers.ContainsKey("Content-Range"));
    }

    [Theory]
    [InlineData("a", "bytes=10-", 10)]
    [InlineData("a", "bytes=100-200", 10)]
    [InlineData("a", "bytes=-0", 10)]
    [InlineData("empty", "bytes=0-", 0)]
    [InlineData("empty", "bytes=-5", 0)]
    public async Task Range_past_the_end_is_refused_with_the_size(string name, string range, int bytes)
    {
        ApiAnswer answer = await GetAsync(name, ("Range", range));
        Assert.Equal((416, ProblemCodes.RangeNotSatisfiable), (answer.Status, answer.Problem.Code));
        Assert.Equal($"bytes */{bytes}", answer.Headers["Content-Range"]);
    }

    [Fact]
    public async Task Range_holds_only_for_the_content_it_is_of()
    {
        ApiAnswer whole = await GetAsync("a");
        string tag = whole.Headers["ETag"];
        Assert.Matches("^\"[0-9a-f]{32}\"$", tag);
        Assert.Equal("123", (await GetAsync("a", ("Range", "bytes=1-3"), ("If-Range", tag))).Body);
        Assert.Equal("123", (await GetAsync("a", ("Range", "bytes=1-3"), ("If-Range", whole.Headers["Last-Modified"]))).Body);
        Assert.Equal(Text, (await GetAsync("a", ("Range", "bytes=1-3"), ("If-Range", "\"other\""))).Body);
        Assert.Equal(Text, (await GetAsync("a", ("Range", "bytes=1-3"), ("If-Range", "W/" + tag))).Body);
        Assert.Equal(Text, (await GetAsync("a", ("Range", "bytes=1-3"), ("If-Range", "Sat, 01 Jan 2000 00:00:00 GMT"))).Body);
        await _server.SendAsync("PUT", "datafiles/a?replace=true", _token, new ByteArrayContent("abcdefghij"u8.ToArray()));
        Assert.Equal("abcdefghij", (await GetAsync("a", ("Range", "bytes=1-3"), ("If-Range", tag))).Body);
    }

    [Fact]
    public async Task Content_that_is_known_is_not_sent_again()
    {
        string tag = (await GetAsync("a")).Headers["ETag"];
        ApiAnswer known = await GetAsync("a", ("If-None-Match", $"\"x\", {tag}"));
        Assert.Equal((304, "", tag), (known.Status, known.Body, known.Headers["ETag"]));
        Assert.Equal(304, (await GetAsync("a", ("If-None-Match", "*"))).Status);
        Assert.Equal(200, (await GetAsync("a", ("If-None-Match", "\"x\""))).Status);
    }

    [Fact]
    public async Task Head_tells_what_get_would()
    {
        ApiAnswer head = await SendAsync("HEAD", "a");
        ApiAnswer get = await GetAsync("a");
        Assert.Equal((200, "", "10"), (head.Status, head.Body, head.Headers["Content-Length"]));
        Assert.Equal(get.Headers["ETag"], head.Headers["ETag"]);
        Assert.Equal((206, "3"), (await SendAsync("HEAD", "a", ("Range", "bytes=1-3"))) is var part ? (part.Status, part.Headers["Content-Length"]) : default);
    }

    private Task<ApiAnswer> GetAsync(string name, params (string Name, string Value)[] headers) => SendAsync("GET", name, headers);

    private async Task<ApiAnswer> SendAsync(string method, string name, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), "/api/datafiles/" + name);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        foreach ((string header, string value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(header, value));
        }

        using HttpResponseMessage response = await _server.Client.SendAsync(request);
        return await ApiAnswer.ReadAsync(response);
    }
}
