using Katanemimena.Bench.Peers;

if (args is not [var workload, var input, var output])
{
    Console.Error.WriteLine("usage: peers W1|W2 INPUT OUTPUT");
    return 2;
}

switch (workload)
{
    case "W1": HashSum.Run(input, output, WordCount.Count); return 0;
    case "W2": HashSum.Run(input, output, SumByKey.Sum); return 0;
    default: Console.Error.WriteLine($"no such workload: {workload}"); return 2;
}
