using System.Text;
using System.Text.Json;
using Katanemimena.TriggerHost;
using Xunit;

namespace Katanemimena.Tests.Unit.TriggerHost;

public sealed class InvocationTests
{
    [Theory]
    [InlineData("hello \"w\"")]
    [InlineData("""{"a":1}""")]
    [InlineData("""{"Id":"mine","DequeueCount":"99"}""")]
    [InlineData("5")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("\"quoted\"")]
    [InlineData("κείμενο \u0001 \ud83d\udea2")]
    public void Text_is_decoded_twice(string text)
    {
        string invocation = JsonSerializer.Serialize(new { Data = new { message = JsonSerializer.Serialize(text) }, Metadata = new { DequeueCount = "1", Id = "\"another\"" } });
        Assert.Equal(text, Message(invocation));
    }

    [Fact]
    public void Example_of_the_protocol_is_understood() => Assert.Equal(
        "hello \"w\"",
        Message("""{"Data":{"msg":"\"hello \\\"w\\\"\""},"Metadata":{"DequeueCount":"1","ExpirationTime":"2026-11-29T08:22:50+00:00","sys":{"MethodName":"qfn"}}}"""));

    [Fact]
    public void Object_is_taken_as_it_is() => Assert.Equal("""{"a": 1}""", Message("""{"Data":{"msg":{"a": 1}}}"""));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"Data":"x"}""")]
    [InlineData("""{"Data":{}}""")]
    [InlineData("""{"Data":{"a":"\"1\"","b":"\"2\""}}""")]
    [InlineData("""{"Data":{"a":"\"1"}}""")]
    public void Anything_else_is_no_invocation(string body) => Assert.ThrowsAny<JsonException>(() => Message(body));

    private static string Message(string invocation) => Encoding.UTF8.GetString(Invocation.Message(Encoding.UTF8.GetBytes(invocation)).Span);
}
