using System.Text;

namespace Katanemimena.Adapters.AzureQueue;

/// <summary>The text that carries a body: base64, as the Functions runtime writes and reads it (<c>messageEncoding: base64</c>, its default).</summary>
internal static class MessageText
{
    /// <summary>Text for a body.</summary>
    internal static string Of(ReadOnlySpan<byte> body) => Convert.ToBase64String(body);

    /// <summary>The body of a text; of one that is no base64, because someone else sent it, the UTF-8 bytes: its receiver knows what to make of them.</summary>
    /// <remarks>The platform takes base64 with blanks in it, which words may be; nobody sends it so.</remarks>
    internal static byte[] Body(string? text)
    {
        text ??= "";
        byte[] body = new byte[text.Length / 4 * 3];
        return !text.Contains(' ') && Convert.TryFromBase64String(text, body, out int bytes) ? body[..bytes] : Encoding.UTF8.GetBytes(text);
    }
}
