using Xunit;

namespace Katanemimena.Tests.Infra.Scripts;

/// <summary>What the scripts do depends on what is there, and nothing is replaced or deleted because a question was not answered.</summary>
public sealed class AskedClusterTests : IDisposable
{
    private static readonly string[] s_up = ["--skip-build", "--context", "kind-test"];

    private readonly RecordingKubectl _kubectl = new();

    public void Dispose() => _kubectl.Dispose();

    [Fact]
    public void What_is_there_already_is_kept()
    {
        Finished up = _kubectl.Run("infra/up", s_up, there: RecordingKubectl.All);
        Assert.Equal(("", 0), (up.Error, up.Code));
        Assert.DoesNotContain(_kubectl.Calls, call => call.Contains("create ", StringComparison.Ordinal) || call.Contains("keda-2", StringComparison.Ordinal));
        Assert.DoesNotContain(_kubectl.Calls, Deletes("secret", "configmap"));
    }

    [Theory]
    [InlineData("get crd")]
    [InlineData("get secret access")]
    [InlineData("get secret etcd-tls")]
    [InlineData("get configmap etcd-ca")]
    public void Up_ends_where_a_question_is_not_answered(string fails)
    {
        Finished up = _kubectl.Run("infra/up", s_up, there: RecordingKubectl.All, fails: fails);
        Assert.Equal(1, up.Code);
        Assert.Contains("Unable to connect to the server", up.Error, StringComparison.Ordinal);
        Assert.Contains("Nothing was replaced on a guess", up.Error, StringComparison.Ordinal);
        Assert.Contains(fails, _kubectl.Calls[^1], StringComparison.Ordinal);
        Assert.DoesNotContain(_kubectl.Calls, call => call.Contains("create ", StringComparison.Ordinal) || call.Contains("keda-2", StringComparison.Ordinal));
        Assert.DoesNotContain(_kubectl.Calls, Deletes("secret", "configmap"));
    }

    [Fact]
    public void No_secret_is_made_of_keys_that_openssl_did_not_make()
    {
        string openssl = Path.Join(_kubectl.Folder, "openssl");
        File.WriteAllText(openssl, $"#!/bin/sh\n[ \"$1\" != rand ] || exit 1\nexec {Command.Must("bash", ["-c", "command -v openssl"]).Trim()} \"$@\"\n");
        _ = Command.Must("chmod", ["700", openssl]);
        Finished up = _kubectl.Run("infra/up", s_up);
        Assert.Equal(1, up.Code);
        Assert.Contains("openssl could not make what the Secret 'access' holds", up.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(_kubectl.Calls, call => call.Contains("create ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("secret/etcd-tls", "the Secret etcd-tls is missing")]
    [InlineData("configmap/etcd-ca", "the ConfigMap etcd-ca is missing")]
    public void Half_of_etcds_certificates_is_not_made_anew(string missing, string says)
    {
        Finished up = _kubectl.Run("infra/up", s_up, there: RecordingKubectl.All.Replace(missing, "", StringComparison.Ordinal));
        Assert.Equal(1, up.Code);
        Assert.Contains(says, up.Error, StringComparison.Ordinal);
        Assert.Contains("delete the other one too", up.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(_kubectl.Calls, call => call.Contains("create ", StringComparison.Ordinal));
        Assert.DoesNotContain(_kubectl.Calls, Deletes("secret", "configmap"));
    }

    [Fact]
    public void Keda_is_installed_where_a_part_of_it_is_missing()
    {
        Assert.Equal(0, _kubectl.Run("infra/up", s_up, there: "crd/scaledobjects.keda.sh").Code);
        Assert.Contains(_kubectl.Calls, call => call.StartsWith("apply --server-side -f https://github.com/kedacore/keda/", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("dev", "scaledjobs")]
    [InlineData("dev-jobs", "scaledobjects", "deployments", "poddisruptionbudgets")]
    public void Workers_of_the_other_kind_are_deleted_before_these_are_scaled(string overlay, params string[] kinds)
    {
        Finished up = _kubectl.Run("infra/up", [.. s_up, "--overlay", overlay], there: RecordingKubectl.All);
        Assert.Equal(("", 0), (up.Error, up.Code));
        Assert.Equal(kinds.Select(kind => $"delete {kind} mapper reducer --ignore-not-found"), Array.FindAll(_kubectl.Calls, Deletes("scaled", "deployment", "poddisruptionbudget")));
        Assert.Contains("--selector app.kubernetes.io/component=scaling", _kubectl.Calls[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("crd/scaledjobs.keda.sh", "scaledjobs")]
    [InlineData(RecordingKubectl.All, "scaledobjects", "scaledjobs")]
    public void Down_stops_scaling_first_of_what_the_cluster_knows_of_and_keeps_data(string there, params string[] kinds)
    {
        Finished down = _kubectl.Run("infra/down", ["--context", "kind-test"], there);
        Assert.Equal(("", 0), (down.Error, down.Code));
        string[] deletions = [.. _kubectl.Calls.Where(call => !call.StartsWith("get ", StringComparison.Ordinal))];
        Assert.Equal(
            [.. kinds.Select(kind => $"delete {kind} --all --ignore-not-found"), "delete deployments,jobs --all --ignore-not-found"], deletions[..(kinds.Length + 1)]);
        Assert.Equal("delete statefulsets --all --ignore-not-found", deletions[^1]);
        Assert.DoesNotContain(deletions, call => call.Contains("namespace", StringComparison.Ordinal) || call.Contains("persistentvolume", StringComparison.Ordinal));
    }

    [Fact]
    public void Down_deletes_nothing_where_it_cannot_ask_for_what_scales()
    {
        Finished down = _kubectl.Run("infra/down", ["--context", "kind-test", "--delete-data"], fails: "get crd");
        Assert.Equal(1, down.Code);
        Assert.DoesNotContain(_kubectl.Calls, Deletes(""));
    }

    [Fact]
    public void Data_that_is_to_be_deleted_is_deleted_also_where_its_class_keeps_it()
    {
        Finished down = _kubectl.Run("infra/down", ["--context", "kind-test", "--delete-data"], volumes: "pvc-1 pvc-2");
        Assert.Equal(("", 0), (down.Error, down.Code));
        int namespaceAt = Array.FindIndex(_kubectl.Calls, call => call.StartsWith("delete namespace katanemimena", StringComparison.Ordinal));
        foreach (string volume in new[] { "pvc-1", "pvc-2" })
        {
            int patched = Array.IndexOf(_kubectl.Calls, $$$"""patch persistentvolume {{{volume}}} --patch {"spec":{"persistentVolumeReclaimPolicy":"Delete"}}""");
            Assert.InRange(patched, 0, namespaceAt);
        }

        Assert.Contains(_kubectl.Calls, call => call.StartsWith("wait --for=delete persistentvolume/pvc-1 persistentvolume/pvc-2 ", StringComparison.Ordinal));
    }

    [Fact]
    public void Volume_that_stays_is_named()
    {
        Finished down = _kubectl.Run("infra/down", ["--context", "kind-test", "--delete-data"], there: "persistentvolume/pvc-2", volumes: "pvc-1 pvc-2");
        Assert.Equal(1, down.Code);
        Assert.Contains("these volumes are still there", down.Error, StringComparison.Ordinal);
        Assert.Contains("persistentvolume/pvc-2", down.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Volumes_that_cannot_be_asked_for_are_not_left_behind_unseen()
    {
        Finished down = _kubectl.Run("infra/down", ["--context", "kind-test", "--delete-data"], fails: "get persistentvolumeclaims");
        Assert.Equal(1, down.Code);
        Assert.DoesNotContain(_kubectl.Calls, Deletes("namespace"));
    }

    private static Predicate<string> Deletes(params string[] kinds) => call => kinds.Any(kind => call.StartsWith($"delete {kind}", StringComparison.Ordinal));
}
