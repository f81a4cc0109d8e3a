namespace Katanemimena.Api;

/// <summary>Something that a call has changed, as the log names it. Named by what was found there, never by what the caller sent, and without anything secret.</summary>
/// <param name="What">The thing, and what of it: <c>job m0-7, cancelled</c>.</param>
/// <param name="Whose">Its owner; <see cref="Installation"/> if it is nobody's.</param>
public sealed record ChangedThing(string What, string Whose)
{
    /// <summary>The owner of what is nobody's.</summary>
    public const string Installation = "the installation";
}
