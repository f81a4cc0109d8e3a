using System.Globalization;

namespace Katanemimena.Wire;

/// <summary>Attempts at one task, one after the other, that failed in the same way: to be shown once.</summary>
/// <param name="Card">The first of them.</param>
/// <param name="LastAttempt">The number of the last of them.</param>
public sealed record RepeatedFailure(CardDocument Card, int LastAttempt)
{
    /// <summary>Which attempts: <c>attempt 1</c>, or <c>attempts 1 to 4, the same each time</c>.</summary>
    public string Attempts => LastAttempt == Card.Attempt
        ? string.Create(CultureInfo.InvariantCulture, $"attempt {Card.Attempt}")
        : string.Create(CultureInfo.InvariantCulture, $"attempts {Card.Attempt} to {LastAttempt}, the same each time");

    /// <summary>Joins the cards of attempts that differ in nothing but their number.</summary>
    /// <param name="cards">By stage, task and attempt.</param>
    public static IReadOnlyList<RepeatedFailure> Of(IReadOnlyList<CardDocument> cards)
    {
        ArgumentNullException.ThrowIfNull(cards);
        List<RepeatedFailure> joined = [];
        foreach (CardDocument card in cards)
        {
            if (joined is [.., { } last] && card.Attempt == last.LastAttempt + 1 && AreAlike(last.Card, card))
            {
                joined[^1] = last with { LastAttempt = card.Attempt };
            }
            else
            {
                joined.Add(new RepeatedFailure(card, card.Attempt));
            }
        }

        return joined;
    }

    private static bool AreAlike(CardDocument one, CardDocument other) =>
        one.Record is null == other.Record is null && one.Record.AsSpan().SequenceEqual(other.Record)
        && one with { Record = null } == other with { Record = null, Attempt = one.Attempt };
}
