using System.Text;
using Katanemimena.Client;
using Katanemimena.Tests.Contracts.FakeService;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Unit.Client;

/// <summary>What is downloaded is one version of what is there, whole, or nothing is put in its place.</summary>
public sealed class DownloadTests : IAsyncLifetime
{
    private const int MiB = 1 << 20;

    private readonly byte[] _content = ClientRig.Bytes((2 * MiB) + 4321);
    private ClientRig _rig = null!;
    private string _path = "";

    public async ValueTask InitializeAsync()
    {
        _rig = await ClientRig.StartAsync();
        _rig.Service.Datafiles.Files["book.txt"] = _content;
        _path = Path.Join(_rig.Folder, "copy.txt");
    }

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(MiB)]
    [InlineData(MiB + 1)]
    public async Task File_of_any_size_comes(int length)
    {
        byte[] content = ClientRig.Bytes(length);
        _rig.Service.Datafiles.Files["book.txt"] = content;
        Assert.Equal(length, await DownloadAsync());
        Expect(content);
    }

    [Fact]
    public async Task Cut_answers_go_on_where_they_were_cut()
    {
        _rig.Service.Cut("GET datafiles/book.txt", 3, 300_000);
        await DownloadAsync();
        Expect(_content);
        Assert.Equal(3, _rig.Retries.Count);
    }

    [Fact]
    public async Task Interrupted_download_goes_on()
    {
        await InterruptAsync();
        long before = new FileInfo(_path + ".partial").Length;
        Assert.InRange(before, 1, _content.Length - 1);
        List<TransferProgress> seen = [];
        await _rig.Client().Datafiles.DownloadAsync("book.txt", _path, seen.Add, default);
        Assert.True(seen[0].Bytes > before);
        Expect(_content);
    }

    [Fact]
    public async Task Interrupted_download_of_what_was_replaced_begins_again()
    {
        await InterruptAsync();
        byte[] other = [.. _content.Reverse()];
        _rig.Service.Datafiles.Files["book.txt"] = other;
        await DownloadAsync();
        Expect(other);
    }

    [Fact]
    public async Task Interrupted_download_that_has_all_bytes_is_put_in_its_place()
    {
        await InterruptAsync();
        await using (FileStream partial = new(_path + ".partial", FileMode.Append))
        {
            partial.Write(_content.AsSpan((int)partial.Length));
        }

        await DownloadAsync();
        Expect(_content);
    }

    [Fact]
    public async Task Damaged_partial_file_is_found_out()
    {
        await InterruptAsync();
        File.WriteAllBytes(_path + ".partial", new byte[1000]);
        await Assert.ThrowsAsync<TransferFault>(DownloadAsync);
        Assert.False(File.Exists(_path));
        await DownloadAsync();
        Expect(_content);
    }

    [Fact]
    public async Task Two_downloads_to_one_file_do_not_mix()
    {
        await InterruptAsync();
        await using FileStream held = new(_path + ".partial", FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        await Assert.ThrowsAsync<IOException>(DownloadAsync);
    }

    [Fact]
    public async Task Datafile_that_is_not_there_leaves_no_file()
    {
        ServiceProblem problem = await Assert.ThrowsAsync<ServiceProblem>(() => _rig.Client().Datafiles.DownloadAsync("nonex", _path, null, default));
        Assert.Equal(ProblemCodes.NotFound, problem.Code);
        Assert.Empty(Directory.GetFiles(_rig.Folder, "copy*"));
    }

    [Fact]
    public async Task Server_that_never_answers_leaves_no_file()
    {
        _rig.Service.Refuse("GET datafiles/book.txt", 100, FakeAnswer.Html(503));
        ServiceClient client = _rig.Client(options => options with { Patience = TimeSpan.FromSeconds(1) });
        await Assert.ThrowsAsync<ServiceProblem>(() => client.Datafiles.DownloadAsync("book.txt", _path, null, default));
        Assert.Empty(Directory.GetFiles(_rig.Folder, "copy*"));
    }

    [Fact]
    public async Task Server_without_tags_is_asked_for_the_whole()
    {
        _rig.Service.Break("GET datafiles/book.txt", 10, async serve =>
        {
            FakeAnswer answer = await serve();
            answer.Headers.Remove("ETag");
            return answer;
        });
        await DownloadAsync();
        Expect(_content);
    }

    [Fact]
    public async Task Result_goes_to_a_stream_once_it_has_been_put_together()
    {
        JobDetail job = await CompletedAsync();
        _rig.Service.Jobs.Assembling = 1;
        _rig.Service.Cut($"GET jobs/{job.Id}/result", 1, 3);
        using var output = new MemoryStream();
        await _rig.Client().Jobs.ResultAsync(job.Id, "tsv", output, null, default);
        Assert.Equal("a\t1\nb\t2\n", Encoding.UTF8.GetString(output.ToArray()));
    }

    [Fact]
    public async Task Stream_never_gets_two_versions()
    {
        JobDetail job = await CompletedAsync();
        _rig.Service.Jobs.Result = _content;
        _rig.Service.Break($"GET jobs/{job.Id}/result", 1, async serve =>
        {
            FakeAnswer answer = await serve();
            _rig.Service.Jobs.Result = [1, 2, 3];
            return answer;
        });
        using var output = new MemoryStream();
        await Assert.ThrowsAsync<TransferFault>(() => _rig.Client().Jobs.ResultAsync(job.Id, "tsv", output, null, default));
    }

    [Fact]
    public async Task Result_of_a_job_that_failed_is_a_problem()
    {
        _rig.Service.Jobs.Fails = new CardDocument { Stage = "map", Error = "no" };
        JobDetail job = await CompletedAsync();
        Assert.Equal(ProblemCodes.NoResult, (await Assert.ThrowsAsync<ServiceProblem>(() => _rig.Client().Jobs.ResultToFileAsync(job.Id, "tsv", _path, null, default))).Code);
        Assert.Empty(Directory.GetFiles(_rig.Folder, "copy*"));
    }

    [Fact]
    public async Task Job_is_watched_until_it_ends_though_the_server_is_away()
    {
        JobDetail job = await SubmitAsync();
        _rig.Service.Refuse($"GET jobs/{job.Id}?after=2", 2, FakeAnswer.Html(503));
        List<string> states = [];
        await foreach (JobDetail seen in _rig.Client().Jobs.WatchAsync(job.Id, default))
        {
            states.Add(seen.State);
        }

        Assert.Equal(["submitted", "mapping", "reducing", "completed"], states);
    }

    [Fact]
    public async Task Submission_whose_answer_was_lost_is_one_job()
    {
        _rig.Service.Cut("POST jobs", 2, 0);
        JobDetail job = await SubmitAsync();
        Assert.Equal(job.Id, Assert.Single(_rig.Service.Jobs.All).Key);
        FakeSubmission submission = Assert.Single(_rig.Service.Jobs.Submissions);
        Assert.Equal(("wc \"ü\".py", "code"), submission.Files["mapper"]);
        Assert.Equal(["awk x"], submission.Fields["reducerCommand"]);
        Assert.Equal(["a.txt", "b*"], submission.Fields["data"]);
        Assert.Equal(["7"], submission.Fields["reducers"]);
        Assert.False(submission.Fields.ContainsKey("workers"));
    }

    private Task<JobDetail> SubmitAsync() => _rig.Client().Jobs.SubmitAsync(
        new JobSubmission
        {
            Mapper = new ProgramSource.Sent("wc \"ü\".py", "code"u8.ToArray()), Reducer = new ProgramSource.Command("awk x"), Data = ["a.txt", "b*"], Options = new JobOptionsDocument { Reducers = 7 },
        },
        default);

    private async Task<JobDetail> CompletedAsync()
    {
        JobDetail last = await SubmitAsync();
        await foreach (JobDetail seen in _rig.Client().Jobs.WatchAsync(last.Id, default))
        {
            last = seen;
        }

        return last;
    }

    private async Task InterruptAsync()
    {
        using var cancelled = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _rig.Client().Datafiles.DownloadAsync("book.txt", _path, Stop, cancelled.Token));

        void Stop(TransferProgress progress)
        {
            if (progress.Bytes > MiB)
            {
                cancelled.Cancel();
            }
        }
    }

    private void Expect(byte[] content)
    {
        Assert.Equal(content, File.ReadAllBytes(_path));
        Assert.Equal([_path], Directory.GetFiles(_rig.Folder, "copy*"));
    }

    private Task<long> DownloadAsync() => _rig.Client().Datafiles.DownloadAsync("book.txt", _path, null, default);
}
