using Katanemimena.Client;
using Katanemimena.Wire;

namespace Katanemimena.Tests.Cluster.Running;

/// <summary>Clients of a cluster that are signed in.</summary>
internal static class ClusterUser
{
    /// <summary>A client of the first admin.</summary>
    public static Task<ServiceClient> AdminAsync(Uri instance) => SignInAsync(instance, "admin", ClusterServices.AdminPassword);

    /// <summary>A client of a user.</summary>
    public static async Task<ServiceClient> SignInAsync(Uri instance, string name, string password, int attemptsMax = 6)
    {
        Assert.True(ServiceAddress.TryParse(instance.ToString(), out ServiceAddress? server));
        using var anonymous = new ServiceClient(new ServiceClientOptions { Server = server! });
        TokensDocument tokens = await anonymous.Accounts.LoginAsync(name, password, null, CancellationToken.None);
        return new ServiceClient(new ServiceClientOptions { Server = server!, Tokens = new FixedToken(tokens.AccessToken), AttemptsMax = attemptsMax });
    }
}
