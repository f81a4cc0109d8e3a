namespace Katanemimena.Client;

/// <summary>An answer that cannot be all that the server had to say.</summary>
/// <param name="message">What is missing; it goes on from the server's name.</param>
/// <param name="cause">The error beneath, if there is one.</param>
internal sealed class CutAnswer(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>The connection ended within an answer.</summary>
    public static CutAnswer Because(IOException error) => new($"cut its answer: {error.Message}", error);
}

/// <summary>Reads answers, and tells errors of the network from those of files and pipes.</summary>
internal static class AnswerBody
{
    /// <summary>The next bytes; 0 at the end.</summary>
    /// <exception cref="CutAnswer">The connection ended before the answer did.</exception>
    public static async ValueTask<int> ReadPieceAsync(this Stream body, Memory<byte> block, CancellationToken cancellation)
    {
        try
        {
            return await body.ReadAsync(block, cancellation);
        }
        catch (IOException error)
        {
            throw CutAnswer.Because(error);
        }
    }
}
