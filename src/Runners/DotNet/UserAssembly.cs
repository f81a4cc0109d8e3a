using System.Reflection;
using System.Runtime.Loader;
using Katanemimena.Core;
using Katanemimena.Sdk;

namespace Katanemimena.Runners;

/// <summary>Loads a user's assembly beside ours. It stays loaded until the process ends.</summary>
/// <remarks>Not collectible: code in a collectible context reaches its statics more slowly and is never precompiled.
/// What it references is looked for in the folder it came from, then among our own assemblies and the framework's; the Sdk is always ours.</remarks>
internal sealed class UserAssembly(string name, string? sourceFolder) : AssemblyLoadContext(name)
{
    private static readonly string s_framework = Path.GetDirectoryName(typeof(object).Assembly.Location) ?? "";

    /// <summary>Loads a file and returns its types.</summary>
    /// <exception cref="UserCodeFault">It is no assembly, or something it references is missing.</exception>
    public static Type[] TypesOf(JobId job, CodeFile file, string role, string path)
    {
        try
        {
            return new UserAssembly(file.Name, file.SourceFolder).LoadFromAssemblyPath(path).GetTypes();
        }
        catch (BadImageFormatException e)
        {
            throw Cards.AtOpen(job, file, role, $"the {role} '{file.Name}' is not a .NET assembly: {e.Message}");
        }
        catch (ReflectionTypeLoadException e)
        {
            string missing = string.Join("; ", e.LoaderExceptions.Select(cause => cause?.Message).Distinct());
            throw Cards.AtOpen(job, file, role, $"the {role} '{file.Name}' cannot be loaded: {missing}");
        }
        catch (Exception e) when (e is FileLoadException or FileNotFoundException)
        {
            throw Cards.AtOpen(job, file, role, $"the {role} '{file.Name}' cannot be loaded: {e.Message}");
        }
    }

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        Assembly sdk = typeof(IMapper).Assembly;
        if (assemblyName.Name == sdk.GetName().Name)
        {
            return sdk;
        }

        string file = assemblyName.Name + ".dll";
        string? path = sourceFolder is null ? null : Path.Combine(sourceFolder, file);
        return path is not null && File.Exists(path) && !File.Exists(Path.Combine(s_framework, file)) ? LoadFromAssemblyPath(path) : null;
    }

    /// <inheritdoc/>
    protected override nint LoadUnmanagedDll(string unmanagedDllName)
    {
        string? path = sourceFolder is null
            ? null
            : new[] { unmanagedDllName, $"lib{unmanagedDllName}.so", $"{unmanagedDllName}.so" }.Select(file => Path.Combine(sourceFolder, file)).FirstOrDefault(File.Exists);
        return path is null ? 0 : LoadUnmanagedDllFromPath(path);
    }
}
