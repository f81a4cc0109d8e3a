using System.Text.RegularExpressions;
using Xunit;

namespace Katanemimena.Tests.Infra;

/// <summary>Images have fixed parts, a user other than root, and a first process that gets signals.</summary>
public sealed partial class DockerfileTests
{
    private const string File = "infra/docker/Dockerfile";

    [Fact]
    public void Dockerfile_keeps_the_rules() => Assert.Empty(Violations(Repository.Read(File)));

    [Theory]
    [InlineData("debian:12.12-slim", "debian:latest", "no fixed version")]
    [InlineData("debian:12.12-slim", "debian", "no fixed version")]
    [InlineData("USER 10001:10001", "USER root", "runs as root")]
    [InlineData("USER 10001:10001", "", "runs as root")]
    [InlineData("ENTRYPOINT [\"/app/Katanemimena.Functions\"]", "ENTRYPOINT /app/Katanemimena.Functions", "swallows signals")]
    [InlineData("ENTRYPOINT [\"/usr/bin/etcd\"]", "", "has no entrypoint")]
    [InlineData("--no-install-recommends bubblewrap", "bubblewrap", "more than is asked for")]
    [InlineData("COPY src src", "ADD src src", "ADD")]
    [InlineData("COPY src src", "COPY source source", "does not exist")]
    [InlineData("WORKDIR /source", "ENV CONTAINER_NAME=x", "CONTAINER_NAME")]
    public void Broken_Dockerfile_is_refused(string good, string bad, string says)
    {
        string text = Repository.Read(File);
        string broken = text.Replace(good, bad, StringComparison.Ordinal);
        Assert.NotEqual(text, broken);
        Assert.Contains(Violations(broken), violation => violation.Contains(says, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_image_that_manifests_name_is_a_target()
    {
        string[] targets = [.. Stage.Matches(Repository.Read(File)).Select(stage => stage.Groups["name"].Value)];
        string[] used = [.. Cluster.Overlays.SelectMany(overlay => Cluster.Render(overlay).Workloads).SelectMany(workload => workload.AllContainers).Select(Workload.ImageOf).OfType<string>().Distinct()];
        Assert.Equal(["etcd", "functions", "worker", "worker-plain"], used.Order(StringComparer.Ordinal));
        Assert.Empty(used.Append("functions-plain").Except(targets));
    }

    [Fact]
    public void Programs_that_manifests_start_are_the_apps_in_the_images()
    {
        string dockerfile = Repository.Read(File);
        string[] programs =
        [
            .. Cluster.Overlays.SelectMany(overlay => Cluster.Render(overlay).Workloads).SelectMany(workload => workload.AllContainers)
                .Select(container => container.Text("command/0")).OfType<string>().Where(program => program.StartsWith("/app/", StringComparison.Ordinal)).Distinct(),
        ];
        Assert.Equal(["/app/Katanemimena.Functions", "/app/Katanemimena.WorkerFunctions"], programs.Order(StringComparer.Ordinal));
        Assert.All(programs, program => Assert.Contains($"ENTRYPOINT [\"{program}\"]", dockerfile, StringComparison.Ordinal));
    }

    [Fact]
    public void What_the_copied_projects_read_is_copied() => Assert.Empty(Unread(Repository.Read(File)));

    [Fact]
    public void File_that_a_project_reads_and_is_not_copied_is_found() =>
        Assert.Contains(Unread(Repository.Read(File).Replace("COPY eng/BannedSymbols.txt eng/", "", StringComparison.Ordinal)), missing => missing.EndsWith("eng/BannedSymbols.txt", StringComparison.Ordinal));

    // What projects that are copied name by a path, and is neither copied nor let through by .dockerignore.
    private static IEnumerable<string> Unread(string text)
    {
        string[] copied = [.. Copy.Matches(text).SelectMany(copy => copy.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries).SkipLast(1))];
        string[] let = [.. Repository.Read(".dockerignore").Split('\n').Where(line => line.StartsWith('!')).Select(line => line[1..])];
        bool Within(string path, string[] all) => all.Any(entry => path == entry || path.StartsWith(entry + '/', StringComparison.Ordinal));
        foreach (string project in copied.Where(entry => Directory.Exists(Path.Join(Repository.Root, entry))).SelectMany(entry => Directory.EnumerateFiles(Path.Join(Repository.Root, entry), "*.csproj", SearchOption.AllDirectories)))
        {
            foreach (string named in Included.Matches(System.IO.File.ReadAllText(project)).Select(match => match.Groups[1].Value))
            {
                string path = Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Join(Path.GetDirectoryName(project), named)));
                if (!Within(path, copied) || !Within(path, let))
                {
                    yield return $"{Path.GetRelativePath(Repository.Root, project)} reads {path}";
                }
            }
        }
    }

    private static IEnumerable<string> Violations(string text)
    {
        string code = Comment.Replace(text, "");
        MatchCollection stages = Stage.Matches(code);
        Dictionary<string, string> arguments = Argument.Matches(code).DistinctBy(match => match.Groups[1].Value).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
        for (int i = 0; i < stages.Count; i++)
        {
            string name = stages[i].Groups["name"].Value;
            string from = Variable.Replace(stages[i].Groups["from"].Value, match => arguments.GetValueOrDefault(match.Groups[1].Value, ""));
            string body = code[stages[i].Index..(i + 1 < stages.Count ? stages[i + 1].Index : code.Length)];
            if (stages.Take(i).All(stage => stage.Groups["name"].Value != from) && !Version.IsMatch(from))
            {
                yield return $"{name}: '{from}' has no fixed version";
            }

            if (name is not ("build" or "bundle" or "worker-system" or "runtime"))
            {
                string user = User.Matches(body).LastOrDefault()?.Groups[1].Value ?? "0";
                if (!user.Split(':').All(id => int.TryParse(id, out int number) && number > 0))
                {
                    yield return $"{name}: it runs as root";
                }

                if (!body.Contains("\nENTRYPOINT ", StringComparison.Ordinal))
                {
                    yield return $"{name}: it has no entrypoint";
                }
                else if (!body.Contains("\nENTRYPOINT [\"", StringComparison.Ordinal))
                {
                    yield return $"{name}: a shell is the first process, which swallows signals";
                }
            }
        }

        foreach (Match install in Install.Matches(code).Where(install => !install.Value.Contains("--no-install-recommends", StringComparison.Ordinal) || !install.Value.Contains("rm -rf /var/lib/apt/lists", StringComparison.Ordinal)))
        {
            yield return $"{install.Value}: it installs more than is asked for, or leaves lists behind";
        }

        if (code.Contains("\nADD ", StringComparison.Ordinal) || code.Contains("CONTAINER_NAME", StringComparison.Ordinal))
        {
            yield return "ADD fetches and unpacks unseen; CONTAINER_NAME makes the runtime believe that it runs on another platform";
        }

        foreach (string source in Copy.Matches(code).SelectMany(copy => copy.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries).SkipLast(1)).Where(source => !Path.Exists(Path.Join(Repository.Root, source))))
        {
            yield return $"'{source}', which is copied, does not exist";
        }
    }

    [GeneratedRegex("Include=\"(\\.\\./[^\"*$]+)\"")]
    private static partial Regex Included { get; }

    [GeneratedRegex("^#.*$", RegexOptions.Multiline)]
    private static partial Regex Comment { get; }

    [GeneratedRegex("^FROM (?<from>[^ ]+) AS (?<name>[a-z-]+)$", RegexOptions.Multiline)]
    private static partial Regex Stage { get; }

    [GeneratedRegex("^ARG ([A-Z_0-9]+)=(.*)$", RegexOptions.Multiline)]
    private static partial Regex Argument { get; }

    [GeneratedRegex(@"\$\{([A-Z_0-9]+)\}")]
    private static partial Regex Variable { get; }

    [GeneratedRegex(@":[0-9]+\.[0-9]+[^:/]*$")]
    private static partial Regex Version { get; }

    [GeneratedRegex("^USER (.+)$", RegexOptions.Multiline)]
    private static partial Regex User { get; }

    [GeneratedRegex(@"apt-get install (?:[^\n]*\\\n)*[^\n]*")]
    private static partial Regex Install { get; }

    [GeneratedRegex(@"^COPY (?!--from)([^\n]+)$", RegexOptions.Multiline)]
    private static partial Regex Copy { get; }
}
