using Katanemimena.Bench.Data;

namespace Katanemimena.Bench.Workloads;

/// <summary>A program to run: ours under one contract, or a peer.</summary>
/// <param name="Name">Short and unique within its workload; goals name it.</param>
/// <param name="Command">For bash, with <c>{in}</c>, <c>{out}</c>, <c>{mrctl}</c> and the other places of <see cref="Places"/>.</param>
/// <param name="Ours">Whether the engine runs it.</param>
/// <param name="Checked">Whether its output must agree with the others'.</param>
/// <param name="Tiny">Whether it runs on small data within a second, with nothing installed but the .NET SDK, Python, mawk and coreutils.</param>
internal sealed record BenchProgram(string Name, string Command, bool Ours = false, bool Checked = true, bool Tiny = false);

/// <summary>What one of our programs is to reach.</summary>
/// <param name="Ours">Our program.</param>
/// <param name="Peer">The program it is held against.</param>
/// <param name="AtMost">Greatest ratio of our wall time to the peer's.</param>
internal sealed record Goal(string Ours, string Peer, double AtMost);

/// <summary>One workload: an input, the programs that compute the same from it, and the goals.</summary>
internal sealed record Workload(string Name, string Title, DataSet Data, IReadOnlyList<BenchProgram> Programs, IReadOnlyList<Goal> Goals);
