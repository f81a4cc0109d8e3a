namespace Katanemimena.Core;

/// <summary>The contracts as the command line and reports name them.</summary>
public static class ContractNames
{
    /// <summary>Names that may be given.</summary>
    public static readonly (string Word, CodeContract Value)[] Given =
    [
        ("auto", CodeContract.Auto), ("python-functions", CodeContract.PythonFunctions), ("python-generators", CodeContract.PythonGenerators),
        ("streaming", CodeContract.Streaming), ("dotnet", CodeContract.DotNet),
    ];

    /// <summary>The name of a contract.</summary>
    public static string Of(CodeContract contract) =>
        contract == CodeContract.Identity ? "identity" : Array.Find(Given, known => known.Value == contract).Word;
}
