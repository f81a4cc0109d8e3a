using System.Globalization;
using System.Text;
using Katanemimena.Sdk;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace Katanemimena.Runners;

/// <summary>Compiles C# with Roslyn against the framework that runs us and the Sdk: optimised, unsafe code allowed, line numbers embedded.</summary>
internal static class RoslynCompiler
{
    private const int ErrorsMax = 50;

    private const string Usings =
        """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Text;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Katanemimena.Sdk;
        """;

    /// <inheritdoc cref="CompileSource"/>
    public static IReadOnlyList<string> Compile(byte[] source, string name, Stream output)
    {
        CSharpParseOptions parse = new(LanguageVersion.Latest);
        SourceText text = SourceText.From(source, source.Length, Encoding.UTF8, canBeEmbedded: true);
        CSharpCompilation compilation = CSharpCompilation.Create(
            $"UserCode.{Path.GetFileNameWithoutExtension(name)}",
            [CSharpSyntaxTree.ParseText(text, parse, name), CSharpSyntaxTree.ParseText(Usings, parse, "usings.cs", Encoding.UTF8)],
            References(),
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary,
                optimizationLevel: OptimizationLevel.Release,
                allowUnsafe: true,
                deterministic: true,
                nullableContextOptions: NullableContextOptions.Enable));
        EmitResult result = compilation.Emit(output, options: new EmitOptions(debugInformationFormat: DebugInformationFormat.Embedded));
        return result.Success ? [] : [.. result.Diagnostics
            .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)
            .OrderBy(diagnostic => diagnostic.Location.SourceSpan.Start)
            .Take(ErrorsMax)
            .Select(diagnostic => CSharpDiagnosticFormatter.Instance.Format(diagnostic, CultureInfo.InvariantCulture))];
    }

    // The assemblies of the framework itself: what runs now is what the code is compiled for.
    private static IEnumerable<MetadataReference> References()
    {
        string framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        string trusted = (string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "";
        return trusted.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Where(path => Path.GetDirectoryName(path) == framework)
            .Append(typeof(IMapper).Assembly.Location)
            .Select(path => MetadataReference.CreateFromFile(path));
    }
}
