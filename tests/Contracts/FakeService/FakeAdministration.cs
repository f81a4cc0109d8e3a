using System.Collections.Concurrent;
using Katanemimena.Wire;
using Microsoft.AspNetCore.Http;

namespace Katanemimena.Tests.Contracts.FakeService;

/// <summary>What the fake service does for admins.</summary>
/// <param name="accounts">Its users.</param>
public sealed class FakeAdministration(FakeAccounts accounts)
{
    private static readonly DateTimeOffset Made = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly ConcurrentDictionary<string, ServiceTokenDocument> _tokens = [];
    private readonly ConcurrentDictionary<string, SigningKeyDocument> _keys = new() { ["key-1"] = new("key-1", Made, Made, true) };

    /// <summary>Accounts that were added or changed, by name.</summary>
    public ConcurrentDictionary<string, UserDocument> Users { get; } = new() { ["ada"] = User("ada", "user"), ["root"] = User("root", "admin") };

    /// <summary>Changes that came, in order.</summary>
    public ConcurrentQueue<UserChangeRequest> Changes { get; } = [];

    internal async Task<FakeAnswer> ServeAsync(HttpContext context, string first, string[] rest) => (context.Request.Method, first, rest) switch
    {
        ("GET", "users", []) => FakeAnswer.Of(new UsersDocument([.. Users.Values.OrderBy(user => user.Name, StringComparer.Ordinal)]), WireJson.Default.UsersDocument),
        ("GET", "users", [var name]) => FakeAnswer.Of(Find(name), WireJson.Default.UserDocument),
        ("POST", "users", []) => Add(await FakeAccounts.BodyAsync(context, WireJson.Default.NewUserRequest)),
        ("PATCH", "users", [var name]) => Change(Find(name), await FakeAccounts.BodyAsync(context, WireJson.Default.UserChangeRequest)),
        ("DELETE", "users", [var name]) => Users.TryRemove(Find(name).Name, out _) ? FakeAnswer.Nothing : FakeAnswer.Nothing,
        ("GET", "service-tokens", []) => FakeAnswer.Of(new ServiceTokensDocument([.. _tokens.Values.Select(token => token with { Token = null })]), WireJson.Default.ServiceTokensDocument),
        ("POST", "service-tokens", []) => Mint(await FakeAccounts.BodyAsync(context, WireJson.Default.NewServiceTokenRequest)),
        ("DELETE", "service-tokens", [var id]) => _tokens.TryRemove(id, out _) ? FakeAnswer.Nothing : throw FakeRefusal.NotFound($"token {id}"),
        ("GET", "keys", []) => FakeAnswer.Of(new SigningKeysDocument([.. _keys.Values]), WireJson.Default.SigningKeysDocument),
        ("POST", "keys", []) => Rotate(),
        ("DELETE", "keys", [var id]) => _keys.TryRemove(id, out _) ? FakeAnswer.Nothing : throw FakeRefusal.NotFound($"key {id}"),
        ("GET", "instances", []) => FakeAnswer.Of(
            new InstancesDocument([new InstanceDocument { Id = "worker-1", Workers = 4, Started = Made, Running = ["m0-1/map/3"] }], [new ManagerDocument("m0", true, 1, 7)]), WireJson.Default.InstancesDocument),
        _ => FakeAnswer.Problem(405, ProblemCodes.MethodNotAllowed, "no"),
    };

    private static UserDocument User(string name, string role) => new() { Name = name, Role = role, Quota = new QuotaDocument(), Created = Made, PasswordChanged = Made };

    private UserDocument Find(string name) => Users.TryGetValue(name, out UserDocument? user) ? user : throw FakeRefusal.NotFound($"user {name}");

    private FakeAnswer Add(NewUserRequest request)
    {
        UserDocument user = User(request.Name, request.Role) with { Quota = request.Quota ?? new QuotaDocument() };
        if (!Users.TryAdd(request.Name, user))
        {
            return FakeAnswer.Problem(409, ProblemCodes.Exists, $"user {request.Name} exists");
        }

        accounts.Passwords[request.Name] = request.Password;
        return FakeAnswer.Of(user, WireJson.Default.UserDocument, 201);
    }

    private FakeAnswer Change(UserDocument user, UserChangeRequest change)
    {
        Changes.Enqueue(change);
        if (change.Password is { } password)
        {
            accounts.Passwords[user.Name] = password;
        }

        Users[user.Name] = user with { Role = change.Role ?? user.Role, Quota = change.Quota ?? user.Quota, Disabled = change.Disabled ?? user.Disabled };
        return FakeAnswer.Of(Users[user.Name], WireJson.Default.UserDocument);
    }

    private FakeAnswer Mint(NewServiceTokenRequest request)
    {
        var token = new ServiceTokenDocument { Id = $"token-{_tokens.Count + 1}", User = request.User, Note = request.Note, MintedBy = "root", Expires = Made.AddDays(request.Days), Token = "minted-secret" };
        _tokens[token.Id] = token;
        return FakeAnswer.Of(token, WireJson.Default.ServiceTokenDocument, 201);
    }

    private FakeAnswer Rotate()
    {
        _keys["key-2"] = new SigningKeyDocument("key-2", Made, Made.AddMinutes(10), false);
        return FakeAnswer.Of(new SigningKeysDocument([.. _keys.Values]), WireJson.Default.SigningKeysDocument, 201);
    }
}
