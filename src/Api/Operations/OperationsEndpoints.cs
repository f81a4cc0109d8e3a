namespace Katanemimena.Api;

/// <summary>What operators and their programs ask: who is alive, whether all is well, figures.</summary>
public static class OperationsEndpoints
{
    /// <summary>All of them; <see cref="OpenApiDocument.Describing"/> adds the one that describes all endpoints of an app.</summary>
    public static IReadOnlyList<Endpoint> All(ApiParts parts) => [InstanceEndpoints.Instances(parts), .. HealthEndpoints.All(parts), MetricsEndpoints.Metrics(parts)];
}
