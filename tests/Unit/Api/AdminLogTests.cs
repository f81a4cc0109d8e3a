using Katanemimena.Access;
using Katanemimena.Api;
using Katanemimena.Core;
using Katanemimena.Tests.Unit.Api.Jobs;
using Katanemimena.Wire;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Katanemimena.Tests.Unit.Api;

/// <summary>What admins change is in the log: who, what, and whose; one line each, and nothing secret.</summary>
public sealed class AdminLogTests
{
    private const string Secret = "Tall-ships 4 sale";

    [Fact]
    public async Task Changes_of_accounts_tokens_and_keys_are_logged()
    {
        await using ApiServer server = await ApiServer.StartAsync(AccessEndpoints.All);
        string root = await server.TokenAsync("root", UserRole.Admin);
        await server.SendJsonAsync("POST", "users", $$"""{"name":"bob","password":"{{Secret}}"}""", root);
        await server.SendJsonAsync("PATCH", "users/bob", $$"""{"quota":{"runningJobs":3},"role":"admin","disabled":true,"password":"{{Secret}} now","unlock":true}""", root);
        ApiAnswer minted = await server.SendJsonAsync("POST", "service-tokens", """{"user":"bob","days":1,"note":"SECRET-NOTE"}""", root);
        ServiceTokenDocument token = minted.Document(WireJson.Default.ServiceTokenDocument);
        await server.SendAsync("DELETE", $"service-tokens/{token.Id}", root);
        await server.SendAsync("POST", "keys", root);
        await server.SendAsync("DELETE", "users/bob", root);
        string key = (await server.SendAsync("GET", "keys", root)).Document(WireJson.Default.SigningKeysDocument).Keys[0].Id;
        await server.SendAsync("DELETE", $"keys/{key}", root);

        AssertLines(
            server,
            "Users, request *: POST by admin root was answered 201: account, made, of bob",
            "User, request *: PATCH by admin root was answered 200: account, changed (role admin, quota 3 jobs and the default bytes, password, shut out, unlocked), of bob",
            $"ServiceTokens, request *: POST by admin root was answered 201: service token {token.Id}, minted, of bob",
            $"ServiceToken, request *: DELETE by admin root was answered 204: service token {token.Id}, revoked, of bob",
            "Keys, request *: POST by admin root was answered 200: signing keys, the next asked for, of the installation",
            "User, request *: DELETE by admin root was answered 204: account, deleted, of bob",
            $"Key, request *: DELETE by admin root was answered 204: signing key {key}, removed, of the installation");
        Assert.All([Secret, token.Token!, "SECRET-NOTE", root], secret => Assert.DoesNotContain(secret, server.Log.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Changes_that_were_refused_are_logged_without_what_was_sent()
    {
        await using ApiServer server = await ApiServer.StartAsync(AccessEndpoints.All);
        string root = await server.TokenAsync("root", UserRole.Admin);
        await server.SendAsync("DELETE", "users/secret-name", root);
        AssertLines(server, "User, request *: DELETE by admin root was answered 404");
        Assert.DoesNotContain(Lines(server), line => line.Contains("secret-name", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Changes_of_others_datafiles_are_logged_and_of_ones_own_are_not()
    {
        await using ApiServer server = await ApiServer.StartAsync(DatafileEndpoints.All);
        string root = await server.TokenAsync("root", UserRole.Admin);
        string ann = await server.TokenAsync("ann");
        foreach ((string token, string owner) in ((string, string)[])[(ann, ""), (root, ""), (root, "owner=ann&")])
        {
            Assert.Equal(201, (await server.SendAsync("PUT", $"datafiles/a/b?{owner}replace=true", token, new ByteArrayContent([1]))).Status);
            Assert.Equal(202, (await server.SendAsync("PUT", $"datafiles/c?{owner}offset=0&total=3000000", token, new ByteArrayContent(new byte[1 << 20]))).Status);
            Assert.Equal(204, (await server.SendAsync("DELETE", $"datafiles/c?{owner}upload", token)).Status);
            Assert.Equal(204, (await server.SendAsync("DELETE", $"datafiles/a/b?{owner}", token)).Status);
        }

        Assert.Equal(404, (await server.SendAsync("DELETE", "datafiles/none?owner=ann", root)).Status);
        AssertLines(
            server,
            "Datafiles, request *: PUT by admin root was answered 201: datafile a/b, uploaded, of ann",
            "Datafiles, request *: PUT by admin root was answered 202: upload of datafile c, begun, of ann",
            "Datafiles, request *: DELETE by admin root was answered 204: upload of datafile c, dropped, of ann",
            "Datafiles, request *: DELETE by admin root was answered 204: datafile a/b, deleted, of ann");
    }

    [Fact]
    public async Task Changes_of_others_jobs_are_logged_and_of_ones_own_are_not()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        string root = await server.Api.TokenAsync("root", UserRole.Admin);
        string ann = await server.Api.TokenAsync("ann");
        JobDetail anns = await server.SubmitAsync(ann, JobForm.WordCount().Text("label", "SECRET-LABEL"));
        foreach ((string token, string id) in ((string, string)[])[(root, (await server.SubmitAsync(root, JobForm.WordCount())).Id), (root, anns.Id), (ann, (await server.SubmitAsync(ann, JobForm.WordCount())).Id)])
        {
            Assert.Equal(200, (await server.Api.SendAsync("POST", $"jobs/{id}/cancel", token)).Status);
            Assert.Equal(204, (await server.Api.SendAsync("DELETE", $"jobs/{id}", token)).Status);
        }

        AssertLines(
            server.Api,
            $"CancelJob, request *: POST by admin root was answered 200: job {anns.Id}, cancelled, of ann",
            $"DeleteJob, request *: DELETE by admin root was answered 204: job {anns.Id}, deleted, of ann");
        Assert.DoesNotContain("SECRET-LABEL", server.Api.Log.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, 499)]
    [InlineData(false, 503)]
    public async Task Change_of_anothers_job_is_logged_though_the_caller_or_the_store_is_gone_before_the_answer(bool caller, int status)
    {
        LeavingStore? store = null;
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false, Store = inner => store = new LeavingStore(inner) });
        string root = await server.Api.TokenAsync("root", UserRole.Admin);
        JobDetail job = await server.SubmitAsync(await server.Api.TokenAsync("ann"), JobForm.WordCount());
        using var gone = new CancellationTokenSource();
        var context = new DefaultHttpContext { RequestAborted = gone.Token };
        context.Request.Method = "POST";
        context.Request.Headers.Authorization = $"Bearer {root}";
        context.Request.RouteValues["id"] = job.Id;
        store!.AfterWrite = () =>
        {
            store.IsGone = !caller;
            return caller ? gone.CancelAsync() : Task.CompletedTask;
        };
        var functions = new ApiFunctions(() => server.Api.Parts.Access.AccessTokens, server.Api.Log);
        await functions.Of(JobEndpoints.All(server.Endpoints)).Single(function => function.Name == "CancelJob").Handle(context);

        store.IsGone = false;
        Assert.Equal("cancelled", (await server.GetAsync(root, job.Id)).State);
        AssertLines(server.Api, $"CancelJob, request *: POST by admin root was answered {status}: job {job.Id}, asked to be cancelled, of ann");
    }

    [Fact]
    public async Task Sign_in_that_failed_is_logged_without_name_and_password()
    {
        await using ApiServer server = await ApiServer.StartAsync(AccessEndpoints.All);
        Assert.Equal(401, (await server.LoginAsync("secret-name", Secret)).Status);
        Assert.Matches("Information: Login, request [^ ]+: [A-Z]", server.Log.Text);
        Assert.All(["secret-name", Secret], secret => Assert.DoesNotContain(secret, server.Log.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_signed_in_is_logged()
    {
        await using ApiServer server = await ApiServer.StartAsync(AccessEndpoints.All);
        await server.TokenAsync("bob"); // makes the account
        Assert.Equal(200, (await server.LoginAsync("bob", ApiServer.Password)).Status);
        SpinWait.SpinUntil(() => server.Log.Text.Contains("signed in", StringComparison.Ordinal), TimeSpan.FromSeconds(20)); // it is written after the answer
        Assert.Matches("Information: Login, request [^ ]+: bob signed in", server.Log.Text);
    }

    /// <summary>Lets something happen once after a write, and is gone when it is told so.</summary>
    private sealed class LeavingStore(IKeyValueStore store) : IKeyValueStore
    {
        public Func<Task>? AfterWrite { get; set; }

        public bool IsGone { get; set; }

        public ValueTask<RangeResult> RangeAsync(KeyRange range, CancellationToken cancellation)
        {
            RequireHere(cancellation);
            return store.RangeAsync(range, cancellation);
        }

        public async ValueTask<TransactionResult> TransactAsync(Transaction transaction, CancellationToken cancellation)
        {
            RequireHere(cancellation);
            TransactionResult result = await store.TransactAsync(transaction, cancellation);
            if (transaction.Writes.Count > 0 && AfterWrite is { } happens)
            {
                AfterWrite = null;
                await happens();
            }

            return result;
        }

        public ValueTask<LeaseId> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellation) => store.GrantLeaseAsync(timeToLive, cancellation);

        public ValueTask<bool> RenewLeaseAsync(LeaseId lease, CancellationToken cancellation) => store.RenewLeaseAsync(lease, cancellation);

        public ValueTask RevokeLeaseAsync(LeaseId lease, CancellationToken cancellation) => store.RevokeLeaseAsync(lease, cancellation);

        public IAsyncEnumerable<KeyChange> WatchAsync(KeyRange range, long fromRevision, CancellationToken cancellation) => store.WatchAsync(range, fromRevision, cancellation);

        private void RequireHere(CancellationToken cancellation)
        {
            cancellation.ThrowIfCancellationRequested();
            if (IsGone)
            {
                throw new TransientFault("the store is gone");
            }
        }
    }

    private static string[] Lines(ApiServer server) => [.. server.Log.Text.Split('\n').Where(line => line.Contains(" by admin ", StringComparison.Ordinal))];

    /// <summary>A line is written after its answer, so it may come a moment later than that.</summary>
    private static void AssertLines(ApiServer server, params string[] expected)
    {
        SpinWait.SpinUntil(() => Lines(server).Length >= expected.Length, TimeSpan.FromSeconds(20));
        Assert.Equal(expected, Lines(server).Select(line => System.Text.RegularExpressions.Regex.Replace(line, "^Information: | $", "")).Select(line => System.Text.RegularExpressions.Regex.Replace(line, "request [^ ]+:", "request *:")));
    }
}
