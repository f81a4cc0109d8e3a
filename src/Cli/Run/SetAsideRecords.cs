using System.Globalization;
using System.Text;
using System.Text.Json;
using Katanemimena.Cli.Display;
using Katanemimena.Cli.Output;
using Katanemimena.Core;

namespace Katanemimena.Cli.Run;

/// <summary>The records that a completed job set aside, for people: a few of them, and where all are.</summary>
/// <param name="manifest">Of the job.</param>
/// <param name="workplace">Where the job is.</param>
internal sealed class SetAsideRecords(JobManifest manifest, Workplace workplace)
{
    private const int ShownMax = 5, RecordCharactersMax = 100, ErrorCharactersMax = 200;

    /// <summary>The text, several lines, each ended; empty if there are none. What goes with the command is kept in a file first.</summary>
    public string Text()
    {
        int count = manifest.Map.SetAside + manifest.Reduce.SetAside;
        if (count == 0)
        {
            return "";
        }

        var text = new StringBuilder($"  set aside  {Quantity.Text(count, "bad record")}; {Place()}\n");
        try
        {
            AppendFirst(text);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            return text.Append($"    they cannot be read: {Printable.Text(error.Message)}\n").ToString();
        }

        return count > ShownMax ? text.Append($"    and {Quantity.Text(count - ShownMax)} more\n").ToString() : text.ToString();
    }

    private void AppendFirst(StringBuilder text)
    {
        foreach (string line in manifest.SetAsideFiles.SelectMany(file => File.ReadLines(workplace.FileOf(file))).Take(ShownMax))
        {
            using var json = JsonDocument.Parse(line);
            Append(text, json.RootElement.GetProperty("record").GetBytesFromBase64(), JobDocuments.ReadCard(Encoding.UTF8.GetBytes(json.RootElement.GetProperty("card").GetRawText())));
        }
    }

    /// <summary>Where all records are, as JSON lines: with a job that stays, or in a file beside the failure cards. The result is in its place by now, so no trouble with that file may fail the command.</summary>
    private string Place()
    {
        if (workplace.Stays)
        {
            string first = workplace.FileOf(manifest.SetAsideFiles[0]);
            return $"all in {ShellWord.Of(manifest.SetAsideFiles.Count == 1 ? first : Path.GetDirectoryName(first)!)}";
        }

        try
        {
            using FileStream kept = KeptFile.Create(workplace.CardFolder, $"mrctl-set-aside-{manifest.Job}", ".jsonl");
            foreach (string path in manifest.SetAsideFiles)
            {
                using FileStream file = File.OpenRead(workplace.FileOf(path));
                file.CopyTo(kept);
            }

            return $"all in {ShellWord.Of(kept.Name)}";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return $"they could not be kept in {ShellWord.Of(workplace.CardFolder)}: {(DiskErrors.IsFull(error) ? "the disk is full" : Printable.Text(error.Message))}";
        }
    }

    private static void Append(StringBuilder text, byte[] record, FailureCard card)
    {
        string place = card.File is null ? card.Stage == "map" ? "record" : "key"
            : card.Offset < 0 ? Printable.Text(card.File)
            : string.Create(CultureInfo.InvariantCulture, $"{Printable.Text(card.File)}:{card.Offset}");
        string error = Printable.Text(card.Error);
        text.Append($"    {place}: \"{Printable.Bytes(record, RecordCharactersMax)}\"\n");
        text.Append($"      {(error.Length > ErrorCharactersMax ? error[..ErrorCharactersMax] + "…" : error)}\n");
    }
}
