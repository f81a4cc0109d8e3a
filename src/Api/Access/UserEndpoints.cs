using System.Globalization;
using Katanemimena.Access;
using Katanemimena.Core;
using Katanemimena.Service;
using Katanemimena.Wire;

namespace Katanemimena.Api;

/// <summary>Accounts, for admins.</summary>
internal static class UserEndpoints
{
    private static readonly OperationParameter s_name = new("path", "name", "The user.", Required: true);

    internal static IReadOnlyList<Endpoint> All(ApiParts parts) =>
    [
        new("Users", "users",
        [
            new Operation("GET", Caller.Admin, "Lists the accounts, by name.", call => ListAsync(call, parts))
            {
                Answers = [new OperationAnswer(200, "The accounts.", WireJson.Default.UsersDocument)],
            },
            new Operation("POST", Caller.Admin, "Makes an account.", call => CreateAsync(call, parts))
            {
                Request = WireJson.Strict.NewUserRequest,
                Answers = [new OperationAnswer(201, "The account.", WireJson.Default.UserDocument)],
                Problems = [ProblemCodes.Exists, ProblemCodes.InUse],
            },
        ]),
        new("User", "users/{name}",
        [
            new Operation("GET", Caller.Admin, "Shows an account.", call => ShowAsync(call, parts))
            {
                Parameters = [s_name],
                Answers = [new OperationAnswer(200, "The account.", WireJson.Default.UserDocument)],
                Problems = [ProblemCodes.NotFound],
            },
            new Operation("PATCH", Caller.Admin, "Changes role, limits or password, shuts out, lets in, unlocks.", call => ChangeAsync(call, parts))
            {
                Description = "What is not sent stays. Limits are set together: one left out of quota is the installation's default again. " +
                    "A new role or password, and shutting out, end the user's sessions.",
                Parameters = [s_name],
                Request = WireJson.Strict.UserChangeRequest,
                Answers = [new OperationAnswer(200, "The account as it is now.", WireJson.Default.UserDocument)],
                Problems = [ProblemCodes.NotFound, ProblemCodes.LastAdmin, ProblemCodes.Conflict],
            },
            new Operation("DELETE", Caller.Admin, "Deletes an account with its sessions and service tokens.", call => DeleteAsync(call, parts))
            {
                Description = "A user who has jobs or datafiles is not deleted: they would be of whoever gets the name next. Disable the account, or delete them first.",
                Parameters = [s_name],
                Answers = [new OperationAnswer(204, "Deleted.")],
                Problems = [ProblemCodes.NotFound, ProblemCodes.LastAdmin, ProblemCodes.InUse],
            },
        ]),
    ];

    private static async Task ListAsync(ApiCall call, ApiParts parts) => await call.AnswerAsync(
        200,
        new UsersDocument([.. (await parts.Access.Users.ListAsync(call.Cancellation)).Select(Document)]),
        WireJson.Default.UsersDocument);

    private static async Task CreateAsync(ApiCall call, ApiParts parts)
    {
        NewUserRequest request = await call.ReadAsync(WireJson.Strict.NewUserRequest);
        UserRole role = Roles.Parse(request.Role);
        if (UserNames.IsValid(request.Name) && await parts.Access.Users.FindAsync(request.Name, call.Cancellation) is null
            && await Belongings.ExistAsync(parts.Store, request.Name, call.Cancellation))
        {
            // An upload or a submission that was under way when the account was deleted may have ended after that.
            throw new ApiProblem(ProblemCodes.InUse, $"there are jobs or datafiles of an earlier '{request.Name}': delete them first, or take another name") { Field = "name" };
        }

        UserResult result = await parts.Access.Users.CreateAsync(request.Name, request.Password, role, Quota(request.Quota), call.Cancellation);
        await AnswerAsync(call, 201, result, "account, made", UserNames.Check(request.Name) is not null ? "name" : PasswordRules.Check(request.Password, request.Name) is not null ? "password" : "quota");
    }

    private static async Task ShowAsync(ApiCall call, ApiParts parts)
    {
        string name = call.Path("name");
        UserAccount user = await parts.Access.Users.FindAsync(name, call.Cancellation) ?? throw new ApiProblem(ProblemCodes.NotFound, $"there is no user '{SentText.Quoted(name)}'");
        await call.AnswerAsync(200, Document(user), WireJson.Default.UserDocument);
    }

    private static async Task ChangeAsync(ApiCall call, ApiParts parts)
    {
        string name = call.Path("name");
        UserChangeRequest request = await call.ReadAsync(WireJson.Strict.UserChangeRequest);
        // Here already, so that the field to blame is known.
        if (request.Password is { } password && PasswordRules.Check(password, name) is { } wrong)
        {
            throw new ApiProblem(ProblemCodes.InvalidRequest, wrong) { Field = "password" };
        }

        var change = new UserChange { Role = request.Role is { } role ? Roles.Parse(role) : null, Quota = Quota(request.Quota), Disabled = request.Disabled, Unlock = request.Unlock };
        if (await parts.Access.Users.FindAsync(name, call.Cancellation) is not null)
        {
            call.Changed = new ChangedThing(Changes(request, "asked to be changed"), name);
        }

        UserResult result = await parts.Access.Users.ChangeAsync(
            name,
            change,
            request.Password,
            call.Cancellation);
        await AnswerAsync(call, 200, result, Changes(request, "changed"), "quota");
    }

    private static async Task DeleteAsync(ApiCall call, ApiParts parts)
    {
        string name = call.Path("name");
        if (await parts.Access.Users.FindAsync(name, call.Cancellation) is not null)
        {
            if (await Belongings.ExistAsync(parts.Store, name, call.Cancellation))
            {
                throw new ApiProblem(ProblemCodes.InUse, $"'{name}' has jobs or datafiles, which would be of whoever gets the name next: delete them first, or disable the account");
            }

            call.Changed = new ChangedThing("account, asked to be deleted", name);

            // Data sent along with jobs that were never stored is shown to nobody, so nobody else can delete it.
            await parts.Datafiles.DeleteAllAsync(name, call.Cancellation);
        }

        UserResult result = await parts.Access.Users.DeleteAsync(name, call.Cancellation);
        if (result.Outcome != UserOutcome.Done)
        {
            throw UserProblems.Of(result);
        }

        call.Changed = new ChangedThing("account, deleted", name);
        call.AnswerNothing();
    }

    private static async Task AnswerAsync(ApiCall call, int status, UserResult result, string change, string field)
    {
        UserAccount user = result.User ?? throw UserProblems.Of(result, field);
        call.Changed = new ChangedThing(change, user.Name);
        await call.AnswerAsync(status, Document(user), WireJson.Default.UserDocument);
    }

    /// <summary>What of an account was to be changed, without any password.</summary>
    private static string Changes(UserChangeRequest request, string how)
    {
        string?[] changes =
        [
            request.Role is { } role ? $"role {role}" : null,
            request.Quota is { } quota ? string.Create(CultureInfo.InvariantCulture, $"quota {Limit(quota.RunningJobs)} jobs and {Limit(quota.StoredBytes)} bytes") : null,
            request.Password is null ? null : "password",
            request.Disabled switch { true => "shut out", false => "let in", null => null },
            request.Unlock ? "unlocked" : null,
        ];
        return $"account, {how} ({string.Join(", ", changes.OfType<string>())})";

        static string Limit(long? limit) => limit?.ToString(CultureInfo.InvariantCulture) ?? "the default";
    }

    private static UserQuota? Quota(QuotaDocument? quota) => quota is null ? null : new UserQuota(quota.RunningJobs, quota.StoredBytes);

    private static UserDocument Document(UserAccount user) => new()
    {
        Name = user.Name,
        Role = Roles.Text(user.Role),
        Quota = QuotaDefaults.Document(user.Quota),
        Created = user.Created,
        Disabled = user.Disabled,
        PasswordChanged = user.PasswordChanged,
        FailedSignIns = user.Attempts,
    };
}
