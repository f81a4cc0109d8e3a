using System.Text;
using System.Text.Json;
using Katanemimena.Core;
using Katanemimena.Wire;

namespace Katanemimena.Service;

/// <summary>Reads messages of the queue <c>submit</c>. What it says of one that is wrong never quotes it: it holds a token.</summary>
internal static class SubmitMessages
{
    /// <summary>What the names of queues for answers begin with, so that no message is sent to where work is taken from.</summary>
    public const string AnswerPrefix = "answers";

    /// <summary>Longest correlation, in characters.</summary>
    public const int CorrelationLengthMax = 200;

    /// <summary>Reads a message.</summary>
    /// <param name="body">The message.</param>
    /// <param name="trouble">Why it is none; null if it is one.</param>
    public static SubmitMessage? Read(ReadOnlySpan<byte> body, out string? trouble)
    {
        try
        {
            SubmitMessage? message = JsonSerializer.Deserialize(body, WireJson.Strict.SubmitMessage);
            trouble = message is null ? "it is null" : HasNull(message) ? "a list in it has an element that is null" : message.AnswerTo is { } queue ? TroubleOfQueue(queue) : null;
            return trouble is null ? message : null;
        }
        catch (JsonException error)
        {
            trouble = $"it is no JSON of a SubmitMessage{(error.Path is { Length: > 2 } path ? $", at {SentText.Quoted(path)}" : "")} (line {error.LineNumber + 1})";
            return null;
        }
    }

    /// <summary>What the serializer lets through: it checks properties, not elements of lists.</summary>
    private static bool HasNull(SubmitMessage message) => message.Data.Any(name => name is null) || message.Input.Any(file => file is null);

    /// <summary>A correlation short enough to be sent back.</summary>
    public static string? Shortened(string? correlation) =>
        correlation is { Length: > CorrelationLengthMax } ? correlation[..CorrelationLengthMax] : correlation;

    /// <summary>Where a program comes from.</summary>
    /// <exception cref="JobRefused">It says nothing, or more than one thing.</exception>
    public static ProgramSource Program(ProgramDocument program, string role) => program switch
    {
        { File: { } file, Datafile: null, Command: null } => new ProgramSource.Sent(file.Name, Content(file, role)),
        { File: null, Datafile: { } datafile, Command: null } => new ProgramSource.Datafile(datafile),
        { File: null, Datafile: null, Command: { } command } => new ProgramSource.Command(command),
        _ => throw JobRefused.Invalid(role, "has to have one of file, datafile and command"),
    };

    /// <summary>The content of a file that was sent along.</summary>
    /// <exception cref="JobRefused">It has none, two, or no base64.</exception>
    public static byte[] Content(InlineFile file, string field)
    {
        try
        {
            return (file.Text, file.Base64) switch
            {
                ({ } text, null) => Encoding.UTF8.GetBytes(text),
                (null, { } base64) => Convert.FromBase64String(base64),
                _ => throw JobRefused.Invalid(field, "has to have its content either in text or in base64"),
            };
        }
        catch (FormatException)
        {
            throw JobRefused.Invalid(field, "is no base64");
        }
    }

    private static string? TroubleOfQueue(string queue)
    {
        try
        {
            QueueRules.CheckName(queue);
            return queue.StartsWith(AnswerPrefix, StringComparison.Ordinal)
                ? null
                : $"answerTo names a queue that does not begin with '{AnswerPrefix}'";
        }
        catch (ArgumentException)
        {
            return "answerTo cannot name a queue: 3 to 63 lower-case letters, digits and single dashes inside";
        }
    }
}
