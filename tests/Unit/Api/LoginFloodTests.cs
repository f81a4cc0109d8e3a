using Katanemimena.Access;
using Katanemimena.Api;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Unit.Api;

public sealed class LoginFloodTests
{
    [Fact]
    public async Task Flood_waits_and_the_owners_known_device_gets_in()
    {
        await using ApiServer server = await StartAsync();
        string device = (await server.LoginAsync("bob", ApiServer.Password)).Document(WireJson.Default.TokensDocument).DeviceToken!;
        for (int n = 0; n < 5; n++)
        {
            Assert.Equal(401, (await server.LoginAsync("bob", "not the password")).Status);
        }

        ApiAnswer fifth = await server.LoginAsync("bob", "not the password");
        ApiAnswer right = await server.LoginAsync("bob", ApiServer.Password);
        ApiAnswer owner = await server.LoginAsync("bob", ApiServer.Password, device);

        Assert.Equal((429, ProblemCodes.TooManyAttempts, "1"), (fifth.Status, fifth.Problem.Code, fifth.Headers["Retry-After"]));
        Assert.Equal((429, "1"), (right.Status, right.Headers["Retry-After"]));
        Assert.Equal(200, owner.Status);
    }

    [Fact]
    public async Task Wait_is_rounded_up()
    {
        await using ApiServer server = await StartAsync();
        await server.Rig.FailAsync("bob", 5);
        server.Rig.Clock.Advance(TimeSpan.FromSeconds(1));
        await server.LoginAsync("bob", "not the password");
        server.Rig.Clock.Advance(TimeSpan.FromMilliseconds(500));

        Assert.Equal("2", (await server.LoginAsync("bob", ApiServer.Password)).Headers["Retry-After"]);
    }

    [Fact]
    public async Task Address_that_a_caller_claims_does_not_count()
    {
        await using ApiServer server = await StartAsync();
        for (int n = 0; n < 5; n++)
        {
            Assert.Equal(401, (await LoginFromAsync(server, $"nobody-{n}", $"192.0.2.{n}")).Status);
        }

        Assert.Equal(429, (await LoginFromAsync(server, "bob", "192.0.2.99")).Status);
    }

    [Fact]
    public async Task Behind_a_trusted_proxy_addresses_count_apart()
    {
        await using ApiServer server = await StartAsync(new ClientAddress(1, BehindRuntime: true));
        for (int n = 0; n < 5; n++)
        {
            Assert.Equal(401, (await LoginFromAsync(server, $"nobody-{n}", $"198.51.100.{n}, 192.0.2.1")).Status);
        }

        Assert.Equal(429, (await LoginFromAsync(server, "bob", "192.0.2.1")).Status);
        Assert.Equal(200, (await LoginFromAsync(server, "bob", "192.0.2.2")).Status);
    }

    [Fact]
    public async Task Behind_the_runtime_nobody_waits_for_failures_of_others()
    {
        await using ApiServer server = await StartAsync(new ClientAddress(0, BehindRuntime: true));
        for (int n = 0; n < 20; n++)
        {
            Assert.Equal(401, (await LoginFromAsync(server, $"nobody-{n}", "192.0.2.1")).Status);
        }

        Assert.Equal(200, (await LoginFromAsync(server, "bob", "192.0.2.1")).Status);
    }

    [Fact]
    public async Task Name_that_is_nobodys_and_account_that_is_shut_out_get_the_same_answers()
    {
        await using ApiServer server = await StartAsync(new ClientAddress(0, BehindRuntime: true));
        await server.Rig.AddAsync("shut-out");
        await server.Rig.First.Users.ChangeAsync("shut-out", new UserChange { Disabled = true }, default);
        List<string>[] answers = [[], [], []];
        string[] names = ["bob", "nobody", "shut-out"];
        for (int index = 0; index < names.Length; index++)
        {
            for (int n = 0; n < 7; n++)
            {
                ApiAnswer answer = await server.LoginAsync(names[index], names[index] == "shut-out" ? ApiServer.Password : "not the password");
                answers[index].Add($"{answer.Status} {answer.Problem.Code} {answer.Problem.Detail} {answer.Headers.GetValueOrDefault("Retry-After")} {string.Join(' ', answer.Headers.Keys.Order())}");
            }
        }

        Assert.Contains(answers[0], answer => answer.StartsWith("429", StringComparison.Ordinal));
        Assert.Equal(answers[0], answers[1]);
        Assert.Equal(answers[0], answers[2]);
    }

    [Fact]
    public async Task Sign_ins_past_what_may_wait_are_told_to_come_back()
    {
        await using ApiServer server = await StartAsync(
            new ClientAddress(0, BehindRuntime: true), new AccessOptions { PasswordIterations = 300_000, PasswordHashesAtOnceMax = 1 });
        ApiAnswer[] answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(n => server.LoginAsync($"nobody-{n}", "not the password")));

        Assert.Equal([401, 503], answers.Select(answer => answer.Status).Distinct().Order());
        ApiAnswer busy = answers.First(answer => answer.Status == 503);
        Assert.Equal((ProblemCodes.Unavailable, "1"), (busy.Problem.Code, busy.Headers["Retry-After"]));
    }

    private static async Task<ApiServer> StartAsync(ClientAddress? address = null, AccessOptions? options = null)
    {
        ApiServer server = await ApiServer.StartAsync(AccessEndpoints.All, parts => parts with { Address = address ?? parts.Address }, options);
        if (options is null)
        {
            await server.Rig.AddAsync("bob");
        }

        return server;
    }

    private static async Task<ApiAnswer> LoginFromAsync(ApiServer server, string name, string forwarded)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/login")
        {
            Content = new StringContent($$"""{"name":"{{name}}","password":"{{ApiServer.Password}}"}""", System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("X-Forwarded-For", forwarded);
        using HttpResponseMessage response = await server.Client.SendAsync(request);
        return await ApiAnswer.ReadAsync(response);
    }
}
