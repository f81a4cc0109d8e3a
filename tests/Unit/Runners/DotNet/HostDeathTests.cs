using Katanemimena.Core;
using Katanemimena.Runners;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.DotNet;

/// <summary>What is made of the runtime's last words.</summary>
public sealed class HostDeathTests
{
    private const string Ended = "the mapper 'x.cs' was ended by signal 6, SIGABRT";

    [Theory]
    [InlineData("mine\nOut of memory.\n", $"{Ended}: Out of memory; its process may use 400 MiB")]
    [InlineData("terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\n", $"{Ended}: Out of memory; its process may use 400 MiB")]
    [InlineData("terminate called after throwing an instance of 'mine'\n", $"{Ended}: terminate called after throwing an instance of 'mine'")]
    [InlineData("Process terminated.\nThe disk is full\n   at Mine.Map()\n", $"{Ended}: Process terminated: The disk is full")]
    [InlineData("mine alone\n", Ended)]
    public void Card_says_in_one_line_what_the_runtime_said(string said, string error)
    {
        FailureCard card = new() { Stage = "map", Error = Ended, StandardError = said };
        FailureCard complete = HostDeath.Complete(card, ProgramFailure.Ended(134), new UserCodeHostOptions { WorkFolder = "", CacheFolder = "", ProcessMemoryBytesMax = 400 << 20 });
        Assert.Equal(error, complete.Error);
    }
}
