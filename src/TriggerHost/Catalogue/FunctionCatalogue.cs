using System.Collections.Frozen;
using Katanemimena.Core;

namespace Katanemimena.TriggerHost;

/// <summary>All functions of one app: what its <c>function.json</c> files say, with the code that does it.</summary>
public sealed class FunctionCatalogue
{
    private readonly FrozenDictionary<string, FunctionDefinition> _byName;

    /// <summary>Makes a catalogue.</summary>
    /// <exception cref="ArgumentException">Two functions share a name, or a name is none.</exception>
    public FunctionCatalogue(IEnumerable<FunctionDefinition> functions)
    {
        Functions = [.. functions];
        foreach (FunctionDefinition function in Functions.Where(function => !IsName(function.Name)))
        {
            throw new ArgumentException($"'{function.Name}' cannot name a function");
        }

        _byName = Functions.ToFrozenDictionary(function => function.Name, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The functions, as given.</summary>
    public IReadOnlyList<FunctionDefinition> Functions { get; }

    /// <summary>A function by name, in whatever case; null if there is none.</summary>
    public FunctionDefinition? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The functions of one instance.</summary>
    /// <param name="enabled">Which run here.</param>
    /// <exception cref="PermanentFault">A name that was chosen is of no function of this app.</exception>
    public FunctionCatalogue Only(EnabledFunctions enabled)
    {
        if (enabled.Chosen.FirstOrDefault(name => Find(name) is null) is { } unknown)
        {
            throw new PermanentFault($"{EnabledFunctions.ChosenSetting} names '{unknown}', which is no function of this app; it has {string.Join(", ", Functions.Select(function => function.Name))}");
        }

        return new FunctionCatalogue(Functions.Where(function => enabled.Runs(function.Name)));
    }

    /// <summary>Where what a folder's files say differs from this catalogue; empty if nowhere.</summary>
    /// <param name="files">What was read of the app's folder.</param>
    public IReadOnlyList<string> Disagreements(IReadOnlyList<FunctionFile> files) =>
    [
        .. Functions.Where(function => files.All(file => file.Name != function.Name)).Select(function => $"{function.Name}: no {function.Name}/function.json"),
        .. files.Where(file => Functions.All(function => function.Name != file.Name)).Select(file => $"{file.Name}/function.json: no such function"),
        .. from file in files
           join function in Functions on file.Name equals function.Name
           from difference in file.Differences(function.Trigger)
           select $"{file.Name}/function.json: {difference}",
    ];

    private static bool IsName(string name) =>
        name.Length is > 0 and <= 127 && char.IsAsciiLetter(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
}
