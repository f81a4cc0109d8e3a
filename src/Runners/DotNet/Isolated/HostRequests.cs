using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>A program to load into the process.</summary>
/// <param name="Job">The job.</param>
/// <param name="File">The program; its path is an assembly.</param>
/// <param name="Role"><c>mapper</c>, <c>combiner</c> or <c>reducer</c>.</param>
/// <param name="Input">Format of the values it will be given.</param>
/// <param name="HeldBytesMax">As <see cref="UserCodeHostOptions.HeldBytesMax"/>.</param>
/// <param name="RecordBytesMax">Longest key and value it may emit.</param>
/// <param name="OpenTimeout">As <see cref="UserCodeHostOptions.OpenTimeout"/>.</param>
internal sealed record LoadRequest(JobId Job, CodeFile File, string Role, ValueFormat Input, int HeldBytesMax, int RecordBytesMax, TimeSpan OpenTimeout)
{
    /// <summary>Appends it to the body of a frame.</summary>
    public void WriteTo(ByteBuffer body)
    {
        body.Add(Job.ToString());
        body.Add(File.Name);
        body.Add(File.Path);
        body.Add(File.SourceFolder);
        body.Add(File.Arguments, Fields.Add);
        body.Add(Role);
        body.Add((int)Input);
        body.Add(HeldBytesMax);
        body.Add(RecordBytesMax);
        body.Add(OpenTimeout.Ticks);
    }

    /// <summary>Reads one.</summary>
    public static LoadRequest Read(ReadOnlySpan<byte> body)
    {
        FieldReader fields = new(body);
        JobId job = fields.Job();
        CodeFile file = new()
        {
            Name = fields.Text(),
            Path = fields.Text(),
            SourceFolder = fields.TextOrNull(),
            Arguments = fields.List(static (ref FieldReader item) => item.Text()) ?? [],
            Sha256 = "",
            Contract = CodeContract.DotNet,
        };
        return new LoadRequest(job, file, fields.Text(), (ValueFormat)fields.Int(), fields.Int(), fields.Int(), new TimeSpan(fields.Long()));
    }
}

/// <summary>A run of a program that is loaded.</summary>
/// <param name="Program">Its number, in the order in which they were loaded, from 0.</param>
/// <param name="Attempt">The attempt.</param>
/// <param name="Ordinal">As <see cref="AttemptContext.Ordinal"/>.</param>
/// <param name="Timeout">As <see cref="AttemptContext.Timeout"/>.</param>
/// <param name="SkipBadRecordsMax">As <see cref="AttemptContext.SkipBadRecordsMax"/>.</param>
internal sealed record RunRequest(int Program, AttemptId Attempt, int Ordinal, TimeSpan Timeout, int SkipBadRecordsMax)
{
    /// <summary>Appends it to the body of a frame.</summary>
    public void WriteTo(ByteBuffer body)
    {
        body.Add(Program);
        body.Add(Attempt.Task.Job.ToString());
        body.Add((int)Attempt.Task.Stage);
        body.Add(Attempt.Task.Index);
        body.Add(Attempt.Token);
        body.Add(Ordinal);
        body.Add(Timeout.Ticks);
        body.Add(SkipBadRecordsMax);
    }

    /// <summary>Reads one.</summary>
    public static RunRequest Read(ReadOnlySpan<byte> body)
    {
        FieldReader fields = new(body);
        int program = fields.Int();
        TaskId task = new(fields.Job(), (TaskStage)fields.Int(), fields.Int());
        return new RunRequest(program, new AttemptId(task, fields.Text()), fields.Int(), new TimeSpan(fields.Long()), fields.Int());
    }
}
