using Katanemimena.TriggerHost;

namespace Katanemimena.Api;

/// <summary>One path of the API, which is one function.</summary>
/// <param name="Name">The function's name.</param>
/// <param name="Route">Below the prefix: <c>jobs/{id}</c>.</param>
/// <param name="Operations">One a method.</param>
public sealed record Endpoint(string Name, string Route, IReadOnlyList<Operation> Operations)
{
    /// <summary>Its trigger. HEAD is answered wherever GET is.</summary>
    public FunctionTrigger.Http Trigger => new(Route, [.. Operations.Select(operation => operation.Method)]);

    /// <summary>The operation of a method, or null.</summary>
    public Operation? Find(string method) =>
        Operations.FirstOrDefault(operation => operation.Method == method)
        ?? (method == "HEAD" ? Operations.FirstOrDefault(operation => operation.Method == "GET") : null);
}
