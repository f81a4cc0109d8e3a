using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Katanemimena.Adapters.FileSystem;
using Katanemimena.Cli.Display;
using Katanemimena.Cli.Run;
using Katanemimena.Core;

namespace Katanemimena.Cli.Output;

/// <summary>The report of a job as JSON: what went in, what came out, what it took. Its fields are described in docs/cli.md.</summary>
internal static class Report
{
    /// <summary>Version of the report's form; a field taken away or changed in meaning raises it.</summary>
    public const int Form = 1;

    private const int BlockBytes = 1 << 20;

    /// <summary>Writes the report, indented.</summary>
    /// <param name="output">Takes it.</param>
    /// <param name="manifest">Of the job.</param>
    /// <param name="options">Of the job.</param>
    /// <param name="result">As written.</param>
    /// <param name="clock">When stages began.</param>
    /// <param name="peakBytes">Peak memory of the process tree.</param>
    /// <param name="warn">Told in a sentence of what is left out.</param>
    public static void Write(Stream output, JobManifest manifest, JobOptions options, WrittenResult result, JobClock clock, long peakBytes, Action<string> warn)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("form", Form);
            json.WriteString("job", manifest.Job);
            json.WriteString("mrctl", Version);
            json.WriteString("runtime", RuntimeInformation.FrameworkDescription);
            json.WriteString("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}, {Environment.ProcessorCount} processors");
            Inputs(json, manifest, warn);
            Code(json, manifest);
            Options(json, options);
            json.WriteString("sandbox", manifest.Sandbox?.ToString().ToLowerInvariant());
            StageOf(json, "map", manifest.Map);
            Shuffle(json, manifest);
            StageOf(json, "reduce", manifest.Reduce);
            Result(json, manifest, result);
            Counters(json, manifest);
            Times(json, manifest, clock);
            json.WriteNumber("peakMemoryBytes", peakBytes);
            json.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        output.Write(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>Version of this program.</summary>
    public static string Version => typeof(Report).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    private static void Inputs(Utf8JsonWriter json, JobManifest manifest, Action<string> warn)
    {
        json.WriteStartArray("inputs");
        foreach (InputFile input in manifest.Inputs)
        {
            json.WriteStartObject();
            json.WriteString("name", input.Name);
            json.WriteNumber("bytes", input.Bytes);
            json.WriteBoolean("gzip", input.Gzip);
            json.WriteString("sha256", Hash(input, warn));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>SHA-256 of an input file; null if it is no longer what the job has read.</summary>
    private static string? Hash(InputFile input, Action<string> warn)
    {
        try
        {
            using VolumeReader file = new LocalDataFiles().Open(input);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            byte[] block = new byte[BlockBytes];
            int read;
            for (long offset = 0; (read = file.Read(offset, block)) > 0; offset += read)
            {
                hash.AppendData(block, 0, read);
            }

            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        catch (PermanentFault fault)
        {
            warn($"--report: {fault.Message}; its hash is left out");
            return null;
        }
    }

    private static void Code(Utf8JsonWriter json, JobManifest manifest)
    {
        json.WriteStartArray("code");
        foreach (CodeFile code in manifest.Code)
        {
            json.WriteStartObject();
            json.WriteString("name", code.Name);
            json.WriteString("contract", ContractNames.Of(code.Contract));
            json.WriteString("sha256", code.Sha256);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Options(Utf8JsonWriter json, JobOptions options)
    {
        json.WriteStartObject("options");
        json.WriteNumber("chunkBytes", options.ChunkBytes);
        json.WriteNumber("reducers", options.Reducers);
        json.WriteNumber("workers", options.Workers);
        json.WriteNumber("memoryBytes", options.MemoryBytes);
        json.WriteNumber("skipBadRecordsMax", options.SkipBadRecordsMax);
        json.WriteNumber("attemptsMax", options.AttemptsMax);
        Seconds(json, "taskTimeoutSeconds", options.TaskTimeout);
        json.WriteEndObject();
    }

    private static void StageOf(Utf8JsonWriter json, string name, ManifestStage stage)
    {
        json.WriteStartObject(name);
        json.WriteNumber("tasks", stage.Tasks);
        json.WriteNumber("attempts", stage.Attempts);
        json.WriteNumber("failed", stage.Failed);
        json.WriteNumber("recordsIn", stage.RecordsIn);
        json.WriteNumber("bytesIn", stage.BytesIn);
        json.WriteNumber("recordsOut", stage.RecordsOut);
        json.WriteNumber("bytesOut", stage.BytesOut);
        json.WriteNumber("keys", stage.Groups);
        json.WriteNumber("spills", stage.Spills);
        json.WriteNumber("spillBytes", stage.SpillBytes);
        json.WriteNumber("setAside", stage.SetAside);
        Seconds(json, "elapsedSeconds", stage.Elapsed);
        Seconds(json, "userSeconds", stage.UserTime);
        Seconds(json, "sortSeconds", stage.SortTime);
        Seconds(json, "writeSeconds", stage.WriteTime);
        json.WriteEndObject();
    }

    private static void Shuffle(Utf8JsonWriter json, JobManifest manifest)
    {
        json.WriteStartObject("shuffle");
        json.WriteNumber("bytes", manifest.ShuffleBytes);
        json.WriteNumber("largestPartitionShare", Math.Round(manifest.LargestPartitionShare, 6));
        json.WriteEndObject();
    }

    private static void Result(Utf8JsonWriter json, JobManifest manifest, WrittenResult result)
    {
        json.WriteStartObject("result");
        json.WriteString("path", result.Path);
        json.WriteNumber("pairs", result.Pairs);
        json.WriteNumber("bytes", result.Bytes);
        json.WriteString("sha256", result.Sha256);
        json.WriteStartArray("parts");
        foreach (ManifestPart part in manifest.Parts)
        {
            json.WriteStartObject();
            json.WriteString("path", part.Path);
            json.WriteString("attempt", part.Attempt);
            json.WriteNumber("bytes", part.Bytes);
            json.WriteString("crc32c", part.Crc32C);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Counters(Utf8JsonWriter json, JobManifest manifest)
    {
        json.WriteStartObject("counters");
        foreach ((string name, long value) in manifest.Counters.OrderBy(counter => counter.Key, StringComparer.Ordinal))
        {
            json.WriteNumber(name, value);
        }

        json.WriteEndObject();
    }

    private static void Times(Utf8JsonWriter json, JobManifest manifest, JobClock clock)
    {
        json.WriteStartObject("times");
        json.WriteString("submitted", manifest.Submitted.ToString("O", CultureInfo.InvariantCulture));
        json.WriteString("finished", manifest.Finished.ToString("O", CultureInfo.InvariantCulture));
        for (var stage = Stage.Submit; stage <= Stage.Result; stage++)
        {
            Seconds(json, $"{StageLines.Names[(int)stage]}Seconds", clock.Took(stage) ?? TimeSpan.Zero);
        }

        Seconds(json, "totalSeconds", clock.Elapsed);
        json.WriteEndObject();
    }

    private static void Seconds(Utf8JsonWriter json, string name, TimeSpan time) => json.WriteNumber(name, Math.Round(time.TotalSeconds, 6));
}
