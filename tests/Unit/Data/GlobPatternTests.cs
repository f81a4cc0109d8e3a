using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Unit.Data;

public class GlobPatternTests
{
    [Theory]
    [InlineData("abc", "abc", true)]
    [InlineData("abc", "abcd", false)]
    [InlineData("abc", "ABC", false)]
    [InlineData("", "", true)]
    [InlineData("*", "", true)]
    [InlineData("*", "anything", true)]
    [InlineData("a*", "a", true)]
    [InlineData("*a", "ba", true)]
    [InlineData("*a*b*c*", "xaxbxcx", true)]
    [InlineData("*a*b*c*", "xaxcxbx", false)]
    [InlineData("*aab", "aaaaab", true)]
    [InlineData("**", "ab", true)]
    [InlineData("?", "a", true)]
    [InlineData("?", "é", true)]
    [InlineData("?", "😀", true)]
    [InlineData("?", "", false)]
    [InlineData("??", "a", false)]
    [InlineData("[abc]", "b", true)]
    [InlineData("[abc]", "d", false)]
    [InlineData("[a-c]", "b", true)]
    [InlineData("[a-c]", "d", false)]
    [InlineData("[a-cx-z]", "y", true)]
    [InlineData("[!a-c]", "d", true)]
    [InlineData("[!a-c]", "b", false)]
    [InlineData("[^a]", "b", true)]
    [InlineData("[]]", "]", true)]
    [InlineData("[!]]", "]", false)]
    [InlineData("[!]]", "a", true)]
    [InlineData("[]a]", "a", true)]
    [InlineData("[a-]", "-", true)]
    [InlineData("[-a]", "-", true)]
    [InlineData("[a", "[a", true)]
    [InlineData("[", "[", true)]
    [InlineData("[]", "[]", true)]
    [InlineData("[!]", "[!]", true)]
    [InlineData("[*]", "*", true)]
    [InlineData("[*]", "a", false)]
    [InlineData("[α-ω]", "λ", true)]
    [InlineData("\\*", "*", true)]
    [InlineData("\\*", "a", false)]
    [InlineData("a\\", "a\\", true)]
    [InlineData("*", ".hidden", false)]
    [InlineData("?hidden", ".hidden", false)]
    [InlineData("[.]hidden", ".hidden", false)]
    [InlineData(".*", ".hidden", true)]
    [InlineData("\\.*", ".hidden", true)]
    public void A_name_matches_as_in_a_POSIX_shell(string pattern, string name, bool matches) =>
        Assert.Equal(matches, new GlobPattern(pattern).Matches(name));

    [Fact]
    public void A_pattern_of_many_stars_takes_no_exponential_time() =>
        Assert.False(new GlobPattern(string.Concat(Enumerable.Repeat("*a", 50)) + "b").Matches(new string('a', 20_000)));
}
