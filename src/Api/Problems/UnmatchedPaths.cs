using Katanemimena.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Katanemimena.Api;

/// <summary>Answers requests that no function takes as a problem, too.</summary>
public static class UnmatchedPaths
{
    /// <summary>Gives answers 404 and 405 that have no body a problem for one. To be called before functions are mapped.</summary>
    public static IApplicationBuilder UseProblemsForUnmatchedPaths(this IApplicationBuilder app) => app.UseStatusCodePages(page =>
        page.HttpContext.Response switch
        {
            { StatusCode: StatusCodes.Status404NotFound } => ProblemAnswer.WriteAsync(
                page.HttpContext, new ApiProblem(ProblemCodes.NotFound, "there is no such path; GET /api/openapi.json lists them")),
            { StatusCode: StatusCodes.Status405MethodNotAllowed } response => ProblemAnswer.WriteAsync(
                page.HttpContext, new ApiProblem(ProblemCodes.MethodNotAllowed, $"this path takes {response.Headers.Allow}")),
            _ => Task.CompletedTask,
        });
}
