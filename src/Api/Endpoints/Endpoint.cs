using Katanemimena.TriggerHost;

namespace Katanemimena.Api;

/// <summary>One path of the API, which is one function.</summary>
/// <param name="Name">The function's name.</param>
/// <param name="Route">Below the prefix: <c>jobs/{id}</c>.</param>
/// <param name="Operations">One a method.</param>
public sealed record Endpoint(string Name, string Route, IReadOnlyList<Operation> Operations)
{
    /// <summary>The methods it takes. HEAD is answered wherever GET is.</summary>
    public IReadOnlyList<string> Methods => [.. Operations.SelectMany(operation => operation.Method == "GET" ? (string[])["GET", "HEAD"] : [operation.Method])];

    /// <summary>Its trigger.</summary>
    public FunctionTrigger.Http Trigger => new(Route, Methods);

    /// <summary>The operation of a method, or null.</summary>
    public Operation? Find(string method) =>
        Operations.FirstOrDefault(operation => operation.Method == method)
        ?? (method == "HEAD" ? Operations.FirstOrDefault(operation => operation.Method == "GET") : null);
}
