using Katanemimena.Core;
using Katanemimena.DataPath;
using Katanemimena.Orchestration;
using Xunit;

namespace Katanemimena.Tests.Unit.Orchestration;

public sealed class LayoutTests
{
    private static readonly JobId s_job = new("m-1", 12);
    private static readonly TaskId s_task = new(s_job, TaskStage.Reduce, 7);
    private static readonly AttemptId s_attempt = new(s_task, "w.3");

    [Fact]
    public void Keys_are_where_the_design_says()
    {
        Assert.Equal("/mr/managers/m-1/alive", JobKeys.ManagerAlive("m-1"));
        Assert.Equal("/mr/managers/m-1/sequence", JobKeys.Sequence("m-1"));
        Assert.Equal("/mr/jobs/m-1/12/spec", JobKeys.Spec(s_job));
        Assert.Equal("/mr/jobs/m-1/12/state", JobKeys.State(s_job));
        Assert.Equal("/mr/jobs/m-1/12/done/reduce/7", JobKeys.Done(s_task));
        Assert.Equal("/mr/jobs/m-1/12/live/reduce/7/w.3", JobKeys.Live(s_attempt));
        Assert.Equal("/mr/jobs/m-1/12/failed/reduce/7/w.3", JobKeys.Failed(s_attempt));
        Assert.Equal("/mr/instances/p1", JobKeys.Instance("p1"));
    }

    [Fact]
    public void What_keys_name_can_be_read_back()
    {
        Assert.True(JobKeys.TryParseOpen(JobKeys.Open(s_job), out JobId open));
        Assert.Equal(s_job, open);
        Assert.False(JobKeys.TryParseOpen("/mr/open/", out _));
        Assert.Equal(s_job, JobKeys.ParseJob(JobKeys.Live(s_attempt)));
        Assert.Equal((7, "w.3"), JobKeys.ParseTask(JobKeys.Live(s_attempt), JobKeys.Live(s_job, TaskStage.Reduce)));
        Assert.Equal((7, ""), JobKeys.ParseTask(JobKeys.Done(s_task), JobKeys.Done(s_job, TaskStage.Reduce)));
    }

    [Fact]
    public void Prefixes_of_job_1_do_not_hold_keys_of_job_12() =>
        Assert.False(KeyRange.Prefix(JobKeys.Job(s_job with { Number = 1 })).Contains(JobKeys.State(s_job)));

    [Fact]
    public void Files_of_two_attempts_are_never_the_same()
    {
        AttemptId other = s_attempt with { Token = "w.4" };
        Assert.NotEqual(JobFiles.Output(s_attempt), JobFiles.Output(other));
        Assert.NotEqual(JobFiles.SetAside(s_attempt), JobFiles.SetAside(other));
        Assert.NotEqual(JobFiles.Scratch(s_attempt), JobFiles.Scratch(other));
        Assert.StartsWith(JobFiles.Folder(s_job) + "/", JobFiles.Output(s_attempt), StringComparison.Ordinal);
    }

    [Fact]
    public void Messages_come_back_as_they_were_sent()
    {
        var task = new TaskMessage("m-1-12", TaskStage.Reduce, 7, 123, "jobs/m-1-12/plan/shuffle-x.json", Backup: true);
        Assert.Equal(task, TaskMessage.Read(task.Write()));
        var stage = new StageMessage("m-1-12", Restart: true);
        Assert.Equal(stage, StageMessage.Read(stage.Write()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[1]")]
    [InlineData("{\"job\":null}")]
    [InlineData("{\"job\":\"a-1\",\"stage\":\"Dance\"}")]
    public void What_is_no_message_is_told_apart(string body)
    {
        Assert.Null(TaskMessage.Read(System.Text.Encoding.UTF8.GetBytes(body)));
        Assert.Null(StageMessage.Read(System.Text.Encoding.UTF8.GetBytes(body.Replace("\"a-1\"", "7", StringComparison.Ordinal))));
    }

    [Fact]
    public void Partition_sizes_of_several_tasks_add_up()
    {
        long[] totals = new long[5];
        PartitionSizes.AddTo(PartitionSizes.Write([0, 127, 128, long.MaxValue / 2, 1L << 35]), totals);
        PartitionSizes.AddTo(PartitionSizes.Write([1, 1, 1, 1, 1]), totals);
        Assert.Equal([1, 128, 129, (long.MaxValue / 2) + 1, (1L << 35) + 1], totals);
    }

    [Fact]
    public void Partition_sizes_of_another_number_of_partitions_are_refused()
    {
        Assert.Throws<FormatException>(() => PartitionSizes.AddTo(PartitionSizes.Write([1, 2]), new long[3]));
        Assert.Throws<FormatException>(() => PartitionSizes.AddTo(PartitionSizes.Write([1, 2]), new long[1]));
        Assert.Throws<FormatException>(() => PartitionSizes.AddTo([0x80], new long[1]));
    }

    [Fact]
    public void An_attempt_is_described_under_the_names_of_Hadoop()
    {
        var map = new AttemptId(new TaskId(s_job, TaskStage.Map, 3), "w.9");
        IReadOnlyDictionary<string, string> variables = AttemptEnvironment.ForMap(map, 2, new InputFile("in.txt", 100, false), new Chunk(0, 40, 100), 5, 2);
        Assert.Equal("m-1-12", variables["mapreduce_job_id"]);
        Assert.Equal("attempt_m-1-12_m_000003_1", variables["mapreduce_task_attempt_id"]);
        Assert.Equal("3", variables["mapreduce_task_partition"]);
        Assert.Equal("true", variables["mapreduce_task_ismap"]);
        Assert.Equal(("in.txt", "40", "60"), (variables["mapreduce_map_input_file"], variables["mapreduce_map_input_start"], variables["mapreduce_map_input_length"]));
        Assert.Equal(("5", "2"), (variables["mapreduce_job_maps"], variables["mapreduce_job_reduces"]));
        Assert.Equal(variables["mapreduce_map_input_file"], variables["map_input_file"]);
        Assert.False(AttemptEnvironment.ForReduce(s_attempt, 1, 5, 2).ContainsKey("map_input_file"));
    }
}
