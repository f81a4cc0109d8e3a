using Katanemimena.DataPath;
using Xunit;

namespace Katanemimena.Tests.Unit.DataPath;

public class KeyFilterTests
{
    [Fact]
    public void Keys_added_are_never_refused_and_others_almost_always()
    {
        const int Keys = 4096; // 16 bits each in the smallest filter
        var filter = new KeyFilter(0);
        for (int i = 0; i < Keys; i++)
        {
            filter.Add(BitConverter.GetBytes(i));
        }

        Assert.All(Enumerable.Range(0, Keys), i => Assert.True(filter.MayHold(BitConverter.GetBytes(i))));
        Assert.InRange(Enumerable.Range(Keys, 10_000).Count(i => filter.MayHold(BitConverter.GetBytes(i))), 0, 300);
    }
}
