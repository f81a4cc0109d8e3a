using Katanemimena.Core;
using Katanemimena.Sdk;

namespace Katanemimena.Runners;

/// <summary>The class of a user's assembly that plays a role.</summary>
internal sealed class UserType(CodeFile file, string role, Type type)
{
    /// <summary>Finds it: the one public class, or without one the one internal class, that implements the role's interface.</summary>
    /// <exception cref="UserCodeFault">None or several do, or it cannot be constructed.</exception>
    public static UserType Find(JobId job, CodeFile file, string role, Type[] types)
    {
        string? wanted = file.Arguments.Count > 0 ? file.Arguments[0] : null;
        Type[] fitting = [.. types.Where(type => type is { IsClass: true, IsAbstract: false, ContainsGenericParameters: false } && Fits(type, role))];
        Type[] visible = [.. fitting.Where(type => type.IsVisible)];
        Type[] candidates = wanted is not null
            ? [.. fitting.Where(type => type.Name == wanted || type.FullName == wanted)]
            : visible.Length > 0 ? visible : fitting;
        string interfaces = role switch { "mapper" => "IMapper", "reducer" => "IReducer", _ => "ICombiner or IFoldCombiner" };
        return candidates.Length switch
        {
            1 when candidates[0].GetConstructor(Type.EmptyTypes) is not null => new UserType(file, role, candidates[0]),
            1 => throw Cards.AtOpen(job, file, role, $"the {role} '{file.Name}': class {candidates[0].FullName} has no public constructor without parameters"),
            0 when wanted is not null => throw Cards.AtOpen(job, file, role, $"the {role} '{file.Name}' has no class {wanted} that implements {interfaces}"),
            0 => throw Cards.AtOpen(job, file, role, $"the {role} '{file.Name}' has no public class that implements {interfaces} of Katanemimena.Sdk"),
            _ => throw Cards.AtOpen(job, file, role,
                $"the {role} '{file.Name}' has several classes that implement {interfaces}: {string.Join(", ", candidates.Select(type => type.FullName))}; leave one, or name it as {file.Name}#{candidates[0].Name}"),
        };
    }

    /// <summary>Whether it implements an interface.</summary>
    public bool Is<T>() => type.IsAssignableTo(typeof(T));

    /// <summary>Makes an object of it.</summary>
    /// <exception cref="UserCodeFault">Its constructor threw.</exception>
    public T Create<T>(AttemptContext? attempt)
        where T : class
    {
        try
        {
            return (T)Activator.CreateInstance(type)!;
        }
        catch (Exception e)
        {
            FailureCard card = attempt is null
                ? new FailureCard { Stage = Cards.Stage(role), Role = role, Code = file.Name, Error = "" }
                : Cards.Of(attempt, file, role, "");
            throw UserExceptions.Fault(card, e);
        }
    }

    private static bool Fits(Type type, string role) => role switch
    {
        "mapper" => type.IsAssignableTo(typeof(IMapper)),
        "reducer" => type.IsAssignableTo(typeof(IReducer)),
        _ => type.IsAssignableTo(typeof(ICombiner)) || type.IsAssignableTo(typeof(IFoldCombiner)),
    };
}
