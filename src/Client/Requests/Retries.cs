namespace Katanemimena.Client;

/// <summary>How often a request is repeated that did not get through.</summary>
/// <param name="Repeatable">Whether sending it twice is as good as once. If not, it is sent again only if it certainly never reached the server.</param>
/// <param name="AttemptsMax">Attempts at most.</param>
/// <param name="Patience">Time after which no further attempt begins.</param>
internal sealed record Retries(bool Repeatable, int AttemptsMax, TimeSpan Patience)
{
    /// <summary>For a request that may be sent twice.</summary>
    public static Retries Safe(ServiceClientOptions options) => new(true, options.AttemptsMax, options.Patience);

    /// <summary>For a request that must count once.</summary>
    public static Retries Once(ServiceClientOptions options) => new(false, options.AttemptsMax, options.Patience);

    /// <summary>For one of the many requests of a transfer or a wait, which a server's restart must not end.</summary>
    public static Retries Patient(ServiceClientOptions options) => new(true, int.MaxValue, options.Patience);
}
