namespace Katanemimena.Tests.EndToEnd.Running;

/// <summary>Users' programs that many tests share.</summary>
public static class Programs
{
    /// <summary>Word count by the contract of Python functions; mapper and reducer in one file.</summary>
    public const string FunctionsWordCount = """
        def mapper(arr):
            return [(w, 1) for w in arr]

        def reducer(entries):
            return {key: sum(values) for key, values in entries.items()}
        """;

    /// <summary>Counts equal lines by the contract of Python generators.</summary>
    public const string GeneratorsLineCount = """
        def map(key, line):
            yield line, 1

        def reduce(key, values):
            yield key, sum(values)
        """;

    /// <summary>Writes each line with a count of 1, bytes unchanged.</summary>
    public const string StreamingLineMapper = """
        #!/usr/bin/env python3
        import sys
        for line in sys.stdin.buffer:
            sys.stdout.buffer.write((line[:-1] if line.endswith(b"\n") else line) + b"\t1\n")
        """;

    /// <summary>Sums the counts of each key, bytes unchanged.</summary>
    public const string StreamingSumReducer = """
        #!/usr/bin/env python3
        import itertools, sys
        pairs = (line.rstrip(b"\n").rpartition(b"\t") for line in sys.stdin.buffer)
        for key, group in itertools.groupby(pairs, lambda pair: pair[0]):
            sys.stdout.buffer.write(key + b"\t%d\n" % sum(int(pair[2]) for pair in group))
        """;

    /// <summary>Counts equal lines by the .NET contract.</summary>
    public const string DotNetLineCount = """
        using System;
        using System.Buffers.Text;
        using Katanemimena.Sdk;

        public sealed class Lines : IMapper
        {
            public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output) => output.Emit(record, "1"u8);
        }

        public sealed class Sum : IReducer
        {
            public void Reduce(ReadOnlySpan<byte> key, IValues values, IEmitter output)
            {
                long sum = 0;
                while (values.MoveNext())
                {
                    Utf8Parser.TryParse(values.Current, out long value, out _);
                    sum += value;
                }

                Span<byte> text = stackalloc byte[20];
                Utf8Formatter.TryFormat(sum, text, out int length);
                output.Emit(key, text[..length]);
            }
        }
        """;
}
