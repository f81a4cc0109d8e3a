using Katanemimena.Adapters.FileSystem;
using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Faults;

/// <summary>Errors of devices that no test can bring about: the text says what to do.</summary>
public sealed class FaultTexts
{
    [Theory]
    [InlineData(1, "permission denied")]
    [InlineData(5, "input/output error")]
    [InlineData(13, "permission denied")]
    [InlineData(24, "raise the limit")]
    [InlineData(28, "no space left on the device; free some space there")]
    [InlineData(30, "the file system is read-only; remount it")]
    [InlineData(122, "the disk quota is used up")]
    [InlineData(9_999, "some other error")]
    public void Error_number_becomes_a_text_that_names_file_and_remedy(int number, string remedy)
    {
        PermanentFault fault = FileFaults.Of("write", "/part-0", new IOException("some other error", number));
        Assert.StartsWith($"cannot write '/part-0': ", fault.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, fault.Message, StringComparison.Ordinal);
        Assert.IsType<IOException>(fault.InnerException);
    }
}
