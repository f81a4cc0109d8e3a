using Katanemimena.Access;
using Katanemimena.Api;
using Katanemimena.Core;
using Katanemimena.Service;
using Katanemimena.Tests.Unit.Access;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Unit.Api;

public sealed class AdminEndpointTests : IAsyncLifetime
{
    private ApiServer _server = null!;
    private string _admin = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ApiServer.StartAsync(AccessEndpoints.All);
        _admin = await _server.TokenAsync("root", UserRole.Admin);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Account_is_made_listed_shown_changed_and_deleted()
    {
        UserDocument made = (await CreateAsync("bob", quota: new QuotaDocument(2))).Document(WireJson.Default.UserDocument);
        UsersDocument all = (await _server.SendAsync("GET", "users", _admin)).Document(WireJson.Default.UsersDocument);
        UserDocument shown = (await _server.SendAsync("GET", "users/bob", _admin)).Document(WireJson.Default.UserDocument);
        UserDocument changed = (await PatchAsync("bob", """{"role":"admin","quota":{"storedBytes":7},"disabled":true}""")).Document(WireJson.Default.UserDocument);

        Assert.Equal(("bob", "user", new QuotaDocument(2), false), (made.Name, made.Role, made.Quota, made.Disabled));
        Assert.Equal(["bob", "root"], all.Users.Select(user => user.Name));
        Assert.Equal(made, shown);
        Assert.Equal(("admin", new QuotaDocument(null, 7), true), (changed.Role, changed.Quota, changed.Disabled));
        Assert.Equal(204, (await _server.SendAsync("DELETE", "users/bob", _admin)).Status);
        Assert.Equal((404, ProblemCodes.NotFound), Code(await _server.SendAsync("GET", "users/bob", _admin)));
        Assert.Equal((404, ProblemCodes.NotFound), Code(await _server.SendAsync("DELETE", "users/bob", _admin)));
        Assert.Equal((404, ProblemCodes.NotFound), Code(await PatchAsync("bob", "{}")));
    }

    [Theory]
    [InlineData("""{"name":"Bob!","password":"Tall-ships 4 sale"}""", "name")]
    [InlineData("""{"name":"bob","password":"short"}""", "password")]
    [InlineData("""{"name":"bob","password":"Tall-ships 4 sale","role":"king"}""", "role")]
    [InlineData("""{"name":"bob","password":"Tall-ships 4 sale","quota":{"runningJobs":-1}}""", "quota")]
    public async Task Field_that_breaks_a_rule_is_named_and_nothing_is_made(string json, string field)
    {
        ApiAnswer answer = await _server.SendJsonAsync("POST", "users", json, _admin);

        Assert.Equal((400, ProblemCodes.InvalidRequest, field), (answer.Status, answer.Problem.Code, answer.Problem.Field));
        Assert.Single(await _server.Rig.First.Users.ListAsync(default));
    }

    [Fact]
    public async Task Account_that_is_let_in_with_a_new_password_is_never_open_with_the_old_one()
    {
        await CreateAsync("bob");
        await PatchAsync("bob", """{"disabled":true}""");
        int writes = 0;
        Func<Task> count = null!;
        count = () =>
        {
            _server.Rig.Store.BeforeNextWrite = count;
            return ++writes > 1 ? throw new TransientFault("the store went away after the first write") : Task.CompletedTask;
        };
        _server.Rig.Store.BeforeNextWrite = count;

        ApiAnswer answer = await PatchAsync("bob", $$"""{"disabled":false,"password":"{{AccessRig.OtherPassword}}"}""");
        _server.Rig.Store.BeforeNextWrite = null;

        Assert.Equal((200, 1), (answer.Status, writes));
        Assert.Equal((401, ProblemCodes.InvalidCredentials), Code(await _server.LoginAsync("bob", ApiServer.Password)));
        Assert.Equal(200, (await _server.LoginAsync("bob", AccessRig.OtherPassword)).Status);
    }

    [Fact]
    public async Task Name_of_a_deleted_account_is_not_given_away_with_a_datafile_that_came_late()
    {
        await CreateAsync("bob");
        Assert.Equal(204, (await _server.SendAsync("DELETE", "users/bob", _admin)).Status);
        var datafiles = new DatafileStore(_server.Parts.Store, _server.Parts.Volume, _server.Rig.Clock);
        await datafiles.PutAsync(new BlockRequest { Owner = "bob", Name = "late", Length = 1, Total = 1, StoredBytesMax = 10 }, new MemoryStream([1]), default);

        Assert.Equal((409, ProblemCodes.InUse), Code(await CreateAsync("bob")));
        Assert.True(await datafiles.DeleteAsync("bob", "late", default));
        Assert.Equal(201, (await CreateAsync("bob")).Status);
    }

    [Fact]
    public async Task Account_that_is_there_is_not_made_again()
    {
        await CreateAsync("bob");
        Assert.Equal((409, ProblemCodes.Exists), Code(await CreateAsync("bob")));
    }

    [Fact]
    public async Task Last_admin_stays()
    {
        Assert.Equal((409, ProblemCodes.LastAdmin), Code(await _server.SendAsync("DELETE", "users/root", _admin)));
        Assert.Equal((409, ProblemCodes.LastAdmin), Code(await PatchAsync("root", """{"role":"user"}""")));
        Assert.Equal((409, ProblemCodes.LastAdmin), Code(await PatchAsync("root", """{"disabled":true}""")));
    }

    [Fact]
    public async Task User_with_datafiles_stays_but_data_that_a_dead_process_left_goes_with_the_account()
    {
        await CreateAsync("bob");
        var datafiles = new DatafileStore(_server.Rig.Store, _server.Parts.Volume, _server.Rig.Clock);
        await datafiles.AddAsync("bob", "a.txt", new MemoryStream([1]), 100, default);
        await datafiles.AddAsync("bob", ".job/token/0-input", new MemoryStream([2, 3]), 100, default);

        Assert.Equal((409, ProblemCodes.InUse), Code(await _server.SendAsync("DELETE", "users/bob", _admin)));
        Assert.True(await datafiles.DeleteAsync("bob", "a.txt", default));
        Assert.Equal(3, await datafiles.StoredBytesAsync("bob", default));
        Assert.Equal(204, (await _server.SendAsync("DELETE", "users/bob", _admin)).Status);

        // What bob deleted counts until it is swept away; what was sent along is gone.
        Assert.Equal(1, await datafiles.StoredBytesAsync("bob", default));
        _server.Rig.Clock.Advance(DatafileSweeper.LooseTime);
        await new DatafileSweeper(_server.Rig.Store, _server.Parts.Volume, _server.Rig.Clock).SweepAsync(default);
        Assert.Equal(0, await datafiles.StoredBytesAsync("bob", default));
    }

    [Fact]
    public async Task Password_set_by_an_admin_ends_sessions_and_a_bad_one_changes_nothing()
    {
        await CreateAsync("bob");
        string token = await _server.TokenAsync("bob");
        ApiAnswer weak = await PatchAsync("bob", """{"role":"admin","password":"short"}""");

        Assert.Equal((400, "password"), (weak.Status, weak.Problem.Field));
        Assert.Equal(UserRole.User, (await _server.Rig.First.Users.FindAsync("bob", default))!.Role);
        Assert.Equal(200, (await PatchAsync("bob", $$"""{"password":"{{AccessRig.OtherPassword}}"}""")).Status);
        Assert.Equal((401, ProblemCodes.Unauthorized), Code(await _server.SendAsync("GET", "whoami", token)));
        Assert.Equal(200, (await _server.LoginAsync("bob", AccessRig.OtherPassword)).Status);
    }

    [Fact]
    public async Task Failed_sign_ins_are_shown_and_forgotten()
    {
        await CreateAsync("bob");
        await _server.Rig.FailAsync("bob", 5);
        UserDocument before = (await _server.SendAsync("GET", "users/bob", _admin)).Document(WireJson.Default.UserDocument);
        UserDocument after = (await PatchAsync("bob", """{"unlock":true}""")).Document(WireJson.Default.UserDocument);

        Assert.Equal((5, 0), (before.FailedSignIns, after.FailedSignIns));
    }

    [Fact]
    public async Task Service_token_is_minted_listed_without_itself_and_revoked()
    {
        await CreateAsync("bob");
        ServiceTokenDocument minted = (await MintAsync("""{"user":"bob","days":30,"note":"nightly"}""")).Document(WireJson.Default.ServiceTokenDocument);
        ServiceTokensDocument all = (await _server.SendAsync("GET", "service-tokens", _admin)).Document(WireJson.Default.ServiceTokensDocument);
        ServiceTokensDocument ofRoot = (await _server.SendAsync("GET", "service-tokens?user=root", _admin)).Document(WireJson.Default.ServiceTokensDocument);

        Assert.Equal("bob", (await _server.Rig.Second.ServiceTokens.VerifyAsync(minted.Token!, default)).Identity!.Name);
        Assert.Equal(("bob", "nightly", "root", _server.Rig.Clock.GetUtcNow() + TimeSpan.FromDays(30)), (minted.User, minted.Note, minted.MintedBy, minted.Expires));
        Assert.Equal(minted with { Token = null }, Assert.Single(all.Tokens));
        Assert.Empty(ofRoot.Tokens);
        Assert.Equal(204, (await _server.SendAsync("DELETE", $"service-tokens/{minted.Id}", _admin)).Status);
        Assert.Equal((404, ProblemCodes.NotFound), Code(await _server.SendAsync("DELETE", $"service-tokens/{minted.Id}", _admin)));
        Assert.Equal(TokenRefusal.Revoked, (await _server.Rig.Second.ServiceTokens.VerifyAsync(minted.Token!, default)).Refusal);
    }

    [Theory]
    [InlineData("""{"user":"root","days":0}""", 400, "days")]
    [InlineData("""{"user":"root","days":367}""", 400, "days")]
    [InlineData("""{"user":"root","days":1,"note":"a\r\nSet-Cookie: b"}""", 400, "note")]
    [InlineData("""{"user":"nobody","days":1}""", 404, "user")]
    [InlineData("""{"user":"no\r\nbody","days":1}""", 404, "user")]
    public async Task Service_token_that_cannot_be_is_not_minted(string json, int status, string field)
    {
        ApiAnswer answer = await MintAsync(json);
        Assert.Equal((status, field), (answer.Status, answer.Problem.Field));
        Assert.Equal(0, await _server.Rig.KeysAsync("/mr/services/"));
    }

    [Fact]
    public async Task Keys_are_listed_rotated_and_removed()
    {
        SigningKeyDocument first = Assert.Single((await _server.SendAsync("GET", "keys", _admin)).Document(WireJson.Default.SigningKeysDocument).Keys);
        SigningKeysDocument rotated = (await _server.SendAsync("POST", "keys", _admin)).Document(WireJson.Default.SigningKeysDocument);
        SigningKeysDocument again = (await _server.SendAsync("POST", "keys", _admin)).Document(WireJson.Default.SigningKeysDocument);

        Assert.True(first.Signs);
        Assert.Equal([false, true], rotated.Keys.Select(key => key.Signs));
        Assert.Equal(rotated.Keys, again.Keys);
        Assert.Equal(204, (await _server.SendAsync("DELETE", $"keys/{first.Id}", _admin)).Status);
        Assert.Equal((401, ProblemCodes.Unauthorized), Code(await _server.SendAsync("GET", "keys", _admin)));
        string anew = await _server.TokenAsync("root");
        Assert.Equal((404, ProblemCodes.NotFound), Code(await _server.SendAsync("DELETE", $"keys/{first.Id}", anew)));
    }

    [Fact]
    public async Task Every_operation_for_admins_is_refused_to_users_and_to_nobody()
    {
        string user = await _server.TokenAsync("eve");
        Operation[] none = [.. AccessEndpoints.All(_server.Parts).SelectMany(endpoint => endpoint.Operations).Where(operation => operation.Caller == Caller.Admin)];
        Assert.Equal(11, none.Length);
        foreach (Endpoint endpoint in AccessEndpoints.All(_server.Parts))
        {
            foreach (Operation operation in endpoint.Operations.Where(operation => operation.Caller == Caller.Admin))
            {
                string path = endpoint.Route.Replace("{name}", "root", StringComparison.Ordinal).Replace("{id}", "root.0", StringComparison.Ordinal);
                Assert.Equal((403, ProblemCodes.Forbidden), Code(await _server.SendAsync(operation.Method, path, user)));
                Assert.Equal((401, ProblemCodes.Unauthorized), Code(await _server.SendAsync(operation.Method, path)));
            }
        }
    }

    [Fact]
    public async Task What_admins_change_is_in_the_log_with_their_name()
    {
        await CreateAsync("bob");
        Assert.Matches("Users, request [^ ]+: POST by admin root was answered 201", _server.Log.Text);
    }

    private Task<ApiAnswer> CreateAsync(string name, QuotaDocument? quota = null) =>
        _server.SendAsync("POST", "users", new NewUserRequest(name, ApiServer.Password, Quota: quota), WireJson.Default.NewUserRequest, _admin);

    private Task<ApiAnswer> PatchAsync(string name, string json) => _server.SendJsonAsync("PATCH", $"users/{name}", json, _admin);

    private Task<ApiAnswer> MintAsync(string json) => _server.SendJsonAsync("POST", "service-tokens", json, _admin);

    private static (int, string) Code(ApiAnswer answer) => (answer.Status, answer.Problem.Code);
}
