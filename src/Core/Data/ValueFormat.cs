namespace Katanemimena.Core;

/// <summary>What the value bytes of a stage mean. Keys are text in all of them: bytes, UTF-8 by custom, unchanged if not.</summary>
public enum ValueFormat
{
    /// <summary>The bytes are the value itself, a string.</summary>
    Text,

    /// <summary>The bytes are one compact JSON value in UTF-8 (no blanks, only <c>"</c>, <c>\</c> and control characters escaped).</summary>
    Json,

    /// <summary>Output lines of a streaming reducer: key and value together are the line, so the value begins with the TAB if there was one.</summary>
    Line,
}
