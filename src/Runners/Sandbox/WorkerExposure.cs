using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>What user code could read of the worker that runs it, where a sandbox does not keep it away: told when the worker starts.</summary>
/// <param name="MemoryHidden">What <see cref="OwnMemory.Hide"/> said.</param>
/// <param name="RuntimeShown">Whether the environment of the Functions runtime that started this process can be read.</param>
public sealed record WorkerExposure(bool MemoryHidden, bool RuntimeShown)
{
    /// <summary>Finds it out.</summary>
    /// <param name="memoryHidden">What <see cref="OwnMemory.Hide"/> said.</param>
    /// <param name="behindRuntime">Whether the Functions runtime started this process.</param>
    public static WorkerExposure Find(bool memoryHidden, bool behindRuntime) => new(memoryHidden, behindRuntime && ParentShowsEnvironment());

    /// <summary>What is to be said at the start, a sentence each.</summary>
    /// <param name="demand">What the worker asks of the sandbox.</param>
    /// <param name="noSandbox">Why programs cannot be sandboxed here; null if they can.</param>
    /// <exception cref="PermanentFault">A sandbox is required, and this process could not even hide its memory.</exception>
    public IEnumerable<string> Warnings(SandboxDemand demand, string? noSandbox)
    {
        if (!MemoryHidden && demand == SandboxDemand.Required)
        {
            throw new PermanentFault("the sandbox that is required cannot be had: the system does not let this process hide its memory and environment (prctl, PR_SET_DUMPABLE); "
                + "let it, or ask for less: docs/security.md, User code") { OfMachine = true };
        }

        return noSandbox is null && demand != SandboxDemand.Off ? [] : Sentences(noSandbox);
    }

    private IEnumerable<string> Sentences(string? noSandbox)
    {
        yield return $"user code runs without a sandbox: {noSandbox ?? "SANDBOX is off"}";
        if (!MemoryHidden)
        {
            yield return "user code can read the memory and the environment of this worker, with the passwords there: the system does not let it hide them (prctl, PR_SET_DUMPABLE); use a sandbox";
        }

        if (RuntimeShown)
        {
            yield return "user code can read the environment of the Functions runtime that started this worker, with the passwords there, since the runtime does not hide it: "
                + "use a sandbox, or the image without the runtime (docs/operations.md, Threat model)";
        }
    }

    private static bool ParentShowsEnvironment()
    {
        try
        {
            string parent = File.ReadLines("/proc/self/status").First(line => line.StartsWith("PPid:", StringComparison.Ordinal))["PPid:".Length..].Trim();
            return ShowsEnvironment(int.Parse(parent, CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Whether this process can read what another was started with.</summary>
    internal static bool ShowsEnvironment(int process)
    {
        try
        {
            return File.ReadAllBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/environ")).Length > 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
