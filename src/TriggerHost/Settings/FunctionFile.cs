using System.Text.Json;
using Katanemimena.Core;

namespace Katanemimena.TriggerHost;

/// <summary>What one <c>function.json</c> says.</summary>
/// <param name="Name">Of its folder.</param>
/// <param name="Trigger">Its trigger. A queue given as <c>%SETTING%</c> is named as written.</param>
/// <param name="ForwardsHttp">Whether it has exactly one input, an HTTP trigger, and one output, the answer: only then is a request forwarded as it is.</param>
/// <param name="AuthLevel">The runtime's own check of an HTTP trigger; null for other triggers.</param>
public sealed record FunctionFile(string Name, FunctionTrigger Trigger, bool ForwardsHttp, string? AuthLevel)
{
    private const string FileName = "function.json";

    /// <summary>Reads all of an app's folder.</summary>
    /// <exception cref="PermanentFault">A file cannot be read, or says what is not understood here.</exception>
    public static IReadOnlyList<FunctionFile> ReadAll(string appFolder) =>
    [
        .. Directory.EnumerateDirectories(appFolder)
            .Where(folder => File.Exists(Path.Join(folder, FileName)))
            .Order(StringComparer.Ordinal)
            .Select(folder => Read(Path.GetFileName(folder), Path.Join(folder, FileName))),
    ];

    /// <summary>Reads one.</summary>
    /// <exception cref="PermanentFault">It cannot be read, or says what is not understood here.</exception>
    public static FunctionFile Read(string name, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return Parse(name, [.. document.RootElement.GetProperty("bindings").EnumerateArray()]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new PermanentFault($"{path}: {e.Message}", e);
        }
        catch (PermanentFault fault)
        {
            throw new PermanentFault($"{path}: {fault.Message}", fault);
        }
    }

    /// <summary>What differs from a trigger.</summary>
    internal IEnumerable<string> Differences(FunctionTrigger trigger)
    {
        switch (Trigger, trigger)
        {
            case (FunctionTrigger.Http here, FunctionTrigger.Http there):
                if (here.Route != there.Route || !here.Methods.Order().SequenceEqual(there.Methods.Order()))
                {
                    yield return $"it says {string.Join('|', here.Methods)} {here.Route}, the code {string.Join('|', there.Methods)} {there.Route}";
                }

                if (!ForwardsHttp || AuthLevel != "anonymous")
                {
                    yield return "a request is forwarded only with one httpTrigger and one output of type http, and its authLevel has to be anonymous";
                }

                break;
            default:
                if (Trigger != trigger)
                {
                    yield return $"it says {Trigger}, the code {trigger}";
                }

                break;
        }
    }

    private static FunctionFile Parse(string name, List<JsonElement> bindings)
    {
        JsonElement[] triggers = [.. bindings.Where(binding => Text(binding, "type").EndsWith("Trigger", StringComparison.OrdinalIgnoreCase))];
        if (triggers is not [var trigger])
        {
            throw new PermanentFault($"it has {triggers.Length} triggers; a function has one");
        }

        string type = Text(trigger, "type");
        bool forwards = type == "httpTrigger" && bindings.Count == 2 && bindings.Exists(binding => Text(binding, "type") == "http" && Text(binding, "direction") == "out");
        return new FunctionFile(name, TriggerOf(type, trigger, name), forwards, type == "httpTrigger" ? Text(trigger, "authLevel", "function") : null);
    }

    private static FunctionTrigger TriggerOf(string type, JsonElement trigger, string name) => type switch
    {
        "httpTrigger" => new FunctionTrigger.Http(Text(trigger, "route", name), Methods(trigger)),
        "queueTrigger" => new FunctionTrigger.Queue(Text(trigger, "queueName"), Text(trigger, "connection")),
        "timerTrigger" => new FunctionTrigger.Timer(TimerSchedule.Parse(Text(trigger, "schedule"))),
        _ => throw new PermanentFault($"'{type}' is no trigger that is understood here; httpTrigger, queueTrigger and timerTrigger are"),
    };

    private static string[] Methods(JsonElement trigger) =>
        trigger.TryGetProperty("methods", out JsonElement methods) ? [.. methods.EnumerateArray().Select(method => method.GetString()!.ToUpperInvariant())]
        : throw new PermanentFault("an httpTrigger has to name its methods");

    private static string Text(JsonElement element, string name, string? otherwise = null) =>
        element.TryGetProperty(name, out JsonElement text) && text.GetString() is { } value ? value
        : otherwise ?? throw new PermanentFault($"a binding lacks '{name}'");
}
