using System.Globalization;
using System.Net;
using Katanemimena.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Katanemimena.TriggerHost;

/// <summary>What an app has to know when the Functions runtime started it.</summary>
public static class CustomHandlerProcess
{
    /// <summary>The variable that holds the port, and by which an app knows that it runs under the runtime.</summary>
    public const string PortVariable = "FUNCTIONS_CUSTOMHANDLER_PORT";

    /// <summary>Exit code of an app that ends by itself: the runtime starts it again and counts no error. With 0 it would not start it again, and every later
    /// invocation would fail.</summary>
    public const int ExitCodeOfRestart = 200;

    /// <summary>The port given by the runtime; null where there is no runtime.</summary>
    /// <exception cref="PermanentFault">It is no port.</exception>
    public static int? Port()
    {
        string? text = Environment.GetEnvironmentVariable(PortVariable);
        return string.IsNullOrEmpty(text) ? null
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and <= ushort.MaxValue ? port
            : throw new PermanentFault($"{PortVariable} is '{text}', which is no port");
    }

    /// <summary>Listens where the runtime calls, and nowhere else: what it inherits of <c>ASPNETCORE_URLS</c> is the runtime's own address.</summary>
    public static void Listen(KestrelServerOptions kestrel, int port)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        kestrel.Listen(IPAddress.Loopback, port);
        ServerLimits.Apply(kestrel);
    }
}
