namespace Katanemimena.Runners;

/// <summary>Compiles in a process of its own, within the limits and the sandbox of user code: a source may be made to eat the compiler's memory, stack or time.</summary>
internal static class IsolatedCompiler
{
    /// <summary>Longest time one source may take.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    /// <summary>Compiles one source.</summary>
    /// <exception cref="ProgramFailure">The compiler ended or did not get done in time.</exception>
    /// <inheritdoc cref="CompileSource"/>
    public static IReadOnlyList<string> Compile(UserCodeHostOptions options, Confinement confinement, byte[] source, string name, Stream output, CancellationToken cancellation)
    {
        using DotNetProcess process = DotNetProcess.Start(options, confinement, HostFiles.ToCompile, cancellation);
        ByteBuffer request = process.NewFrame();
        request.Add(name);
        request.Append(source);
        Frame.Seal(request, HostFrame.Compile);
        process.Send(request, recycle: true);
        ReceivedFrame answer = process.Receive(Timeout, cancellation);
        if (answer.Kind == HostFrame.Compile)
        {
            output.Write(answer.Body);
            return [];
        }

        FieldReader fields = new(answer.Kind == HostFrame.Errors ? answer.Body : throw Frame.Foreign());
        return fields.List(static (ref FieldReader error) => error.Text()) is { Count: > 0 } errors ? errors : throw Frame.Foreign();
    }
}
