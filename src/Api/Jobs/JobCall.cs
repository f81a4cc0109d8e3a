using Katanemimena.Service;

namespace Katanemimena.Api;

/// <summary>What calls about jobs have in common.</summary>
internal static class JobCall
{
    /// <summary>Who calls.</summary>
    public static JobCaller Caller(ApiCall call) => new(call.Identity.Name, call.IsAdmin);

    /// <summary>The job in the path.</summary>
    public static string Id(ApiCall call) => call.Path("id");

    /// <summary>A handler whose refusals are problems.</summary>
    public static OperationHandler Of(OperationHandler handle) => async call =>
    {
        try
        {
            await handle(call);
        }
        catch (JobRefused refused)
        {
            throw Problem(refused);
        }
    };

    /// <summary>A refusal as a problem.</summary>
    public static ApiProblem Problem(JobRefused refused) => new(refused.Code, refused.Message) { Field = refused.Field, RetryAfter = refused.RetryAfter };
}
