using System.Text.Json.Nodes;

namespace Katanemimena.Tests.Infra.Pods;

/// <summary>A running pod.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Its address in the pods' network.</param>
/// <param name="Manifest">Its main container in the manifest.</param>
/// <param name="Container">That container, running.</param>
internal sealed record Pod(string Name, string Address, JsonNode Manifest, Container Container);
