using Katanemimena.Core;

namespace Katanemimena.Service;

/// <summary>Who submits a job through the queue.</summary>
/// <param name="Name">The user.</param>
/// <param name="Standing">How they stand.</param>
public sealed record Submitter(string Name, UserStanding Standing);

/// <summary>Finds out who a token stands for: a user's access token, or a service token.</summary>
/// <param name="token">As sent; anything.</param>
/// <param name="cancellation">Stops waiting.</param>
/// <returns>Null if the token is refused.</returns>
/// <exception cref="TransientFault">It cannot be found out now.</exception>
public delegate ValueTask<Submitter?> VerifySubmitter(string token, CancellationToken cancellation);

/// <summary>Told of messages that came to no job: why, without anything secret.</summary>
/// <param name="reason">One sentence.</param>
public delegate void ReportRefusal(string reason);
