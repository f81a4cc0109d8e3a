using System.Text.Json;
using Katanemimena.Cli.Remote;
using Katanemimena.Core;
using Katanemimena.Runners;
using Katanemimena.Wire;

namespace Katanemimena.Cli.Replay;

/// <summary>The failure cards of a server's job, as <c>mrctl jobs card ID --json</c> writes them. They hold the record but not the program, which is given beside them.</summary>
internal static class ServerCard
{
    /// <summary>The last card that holds a record on which the mapper failed, with the mapper that is here.</summary>
    /// <param name="path">The cards.</param>
    /// <param name="mapper">The mapper, as for <c>mrctl run</c>.</param>
    /// <param name="codeFolder">Where the mapper is copied to.</param>
    /// <exception cref="CommandError">There is no such card, or the mapper cannot be used.</exception>
    public static CardFile Read(string path, string mapper, string codeFolder)
    {
        IReadOnlyList<CardDocument> cards = Cards(path);
        CardDocument card = cards.LastOrDefault(card => card is { Stage: "map", Record: not null }) ?? throw CommandError.Usage(
            $"{path}: holds no record on which a mapper failed; keys on which a reducer or combiner failed are replayed from the card of a job of mrctl run, which holds their values");
        CodeFile code = CodeFiles.Load(mapper, "mapper", CodeContract.Auto, codeFolder);
        return new CardFile(RemoteJob.Card(card), new JobSpec { Inputs = [], Mapper = code, Reducer = CodeFiles.Identity });
    }

    private static IReadOnlyList<CardDocument> Cards(string path)
    {
        try
        {
            if (JsonSerializer.Deserialize(File.ReadAllBytes(path), WireJson.Default.LogDocument) is { Cards: { } cards })
            {
                return cards;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CommandError.Usage($"{path}: cannot be read: {error.Message}");
        }
        catch (JsonException)
        {
        }

        throw CommandError.Usage($"{path}: is not what mrctl jobs card ID --json writes; --mapper is for that, and other cards name their programs");
    }
}
