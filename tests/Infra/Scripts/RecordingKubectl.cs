namespace Katanemimena.Tests.Infra.Scripts;

/// <summary>A kubectl that renders as the real one does, and else only writes down how it is called; it goes before all others on PATH.</summary>
internal sealed class RecordingKubectl : IDisposable
{
    /// <summary>What a dry run of an overlay says that a real one would stop at: lines, empty if none.</summary>
    internal static string ToFillIn(string overlay) => overlay.StartsWith("azure", StringComparison.Ordinal)
        ? $"infra/up: a real run would stop here: the overlay '{overlay}' still has values to fill in; find them with: grep -rn CHANGE-ME infra/k8s\n"
        : "";

    /// <summary>All that infra/up asks the cluster for, as if an earlier run had made it.</summary>
    internal const string All = "secret/access secret/etcd-users secret/storage secret/etcd-tls configmap/etcd-ca crd/scaledobjects.keda.sh crd/scaledjobs.keda.sh";

    private readonly string _real = Command.Run("bash", ["-c", "command -v kubectl"]).Output.Trim();

    internal RecordingKubectl()
    {
        string kubectl = Path.Join(Folder, "kubectl");
        File.WriteAllText(kubectl, $$"""
            #!/usr/bin/env bash
            [[ $1 != kustomize ]] || { echo "$*" >>{{Folder}}/calls && exec {{_real}} "$@"; }
            while [[ $1 == --context || $1 == --namespace ]]; do shift 2; done
            echo "$*" >>{{Folder}}/calls
            if [[ -n ${FAILS:-} && "$*" == *"$FAILS"* ]]; then
              echo 'Unable to connect to the server' >&2
              exit 1
            fi
            case "$*" in
              'get persistentvolumeclaims '*) echo "${VOLUMES:-}" ;;
              'get '*) for name in "${@:3}"; do [[ " ${THERE:-} " != *" $2/$name "* ]] || echo "$2/$name"; done ;;
              *--from-env-file=/dev/stdin) sed "s/^/$4./" >>{{Folder}}/secrets ;;
              *ca.crt*server.crt*) for file in "$@"; do [[ $file == --from-file=* ]] && cp "${file#--from-file=}" {{Folder}}; done ;;
              'apply -f -'*) cat >>{{Folder}}/applied ;;
            esac
            exit 0
            """);
        string sleep = Path.Join(Folder, "sleep"); // nothing changes here by waiting
        File.WriteAllText(sleep, "#!/bin/sh\n");
        _ = Command.Must("chmod", ["700", kubectl, sleep]);
    }

    /// <summary>Where it stands, and what it was given: the files of etcd's certificates.</summary>
    internal string Folder { get; } = Directory.CreateTempSubdirectory("katanemimena-infra-").FullName;

    /// <summary>How it was called, without context and namespace.</summary>
    internal string[] Calls => Lines("calls");

    /// <summary>The secrets that were made, as lines <c>SECRET.KEY=VALUE</c>.</summary>
    internal string[] Secrets => Lines("secrets");

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>Runs a script against it.</summary>
    /// <param name="script">Its path in the repository.</param>
    /// <param name="arguments">What it is given.</param>
    /// <param name="there">What the cluster has, as <c>kind/name</c>, parted by blanks.</param>
    /// <param name="fails">Part of the calls that end with 1; none if empty.</param>
    /// <param name="volumes">Names of the volumes of the namespace's claims.</param>
    internal Finished Run(string script, IEnumerable<string> arguments, string there = "", string fails = "", string volumes = "") => Command.Run(
        script, arguments, environment: new Dictionary<string, string>
        {
            ["PATH"] = $"{Folder}:{Environment.GetEnvironmentVariable("PATH")}",
            ["THERE"] = there,
            ["FAILS"] = fails,
            ["VOLUMES"] = volumes,
        });

    private string[] Lines(string file) => File.Exists(Path.Join(Folder, file)) ? File.ReadAllLines(Path.Join(Folder, file)) : [];
}
