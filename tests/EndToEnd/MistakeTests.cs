using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd;

/// <summary>A wrong command line is answered with what is wrong in it, in words of its own.</summary>
public sealed class MistakeTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData("a command is missing: run, serve,")]
    [InlineData("a command is missing: show, add, set, rm, unlock (see mrctl admin user --help)", "admin", "user")]
    [InlineData("CARD is missing (see mrctl replay --help)", "replay")]
    [InlineData("ID is missing (see mrctl jobs status --help)", "jobs", "status")]
    [InlineData("FILE is missing (see mrctl datafiles put --help)", "datafiles", "put")]
    [InlineData("--mapper has no value: FILE is missing (see mrctl run --help)", "run", "--data", "x", "--mapper")]
    [InlineData("--data has no value: PATH… is missing (see mrctl jobs submit --help)", "jobs", "submit", "--data")]
    [InlineData("b: one word too many (see mrctl replay --help)", "replay", "a", "b")]
    [InlineData("d: one word too many (see mrctl jobs --help)", "jobs", "a", "b", "c", "d")]
    [InlineData("book: one word too many before status (see mrctl jobs status --help)", "jobs", "book", "status", "m0-7")]
    [InlineData("book.txt: a word without an option before it; data is named with --data", "run", "book.txt", "wc.py")]
    [InlineData("book.txt: a word without an option before it; data is named with --data", "jobs", "submit", "book.txt", "wc.py")]
    [InlineData("pt: no such command; did you mean put? (see mrctl datafiles --help)", "datafiles", "pt", "x")]
    [InlineData("foo: no such command (see mrctl admin --help)", "admin", "foo")]
    [InlineData("ad: no such command; did you mean add? (see mrctl admin user --help)", "admin", "user", "ad", "x")]
    [InlineData("--output: no such option (see mrctl --help)", "--output", "json")]
    [InlineData("--verson: no such option; did you mean --version?", "--verson")]
    [InlineData("--nope: no such option (see mrctl whoami --help)", "whoami", "--nope")]
    [InlineData("--maper is no option of mrctl run; did you mean --mapper?", "run", "--data", "x", "--maper", "cat")]
    [InlineData("--maper is no option of mrctl jobs submit; did you mean --mapper?", "jobs", "submit", "--data", "x", "--maper", "cat")]
    [InlineData("mrctl jobs rm", "rm", "m0-7")]
    public async Task Mistake_is_named(string said, params string[] arguments) => (await _sandbox.RunAsync(arguments)).ExpectError(2, said);

    [Theory]
    [InlineData]
    [InlineData("run")]
    [InlineData("jobs", "status")]
    public async Task Help_as_a_word_shows_the_help(params string[] command) =>
        Assert.Equal((await _sandbox.RunAsync([.. command, "--help"])).Expect(0).Text, (await _sandbox.RunAsync(["help", .. command])).Expect(0).Text);

    [Fact]
    public async Task Help_of_a_command_shows_its_own_words_alone()
    {
        string status = (await _sandbox.RunAsync("jobs", "status", "--help")).Expect(0).Text;
        Assert.Contains("mrctl jobs status <ID> [options]", status, StringComparison.Ordinal);
        Assert.DoesNotContain("FILE MAPPER", status, StringComparison.Ordinal);
        Assert.Contains("<FILE MAPPER REDUCER>", (await _sandbox.RunAsync("jobs", "--help")).Expect(0).Text, StringComparison.Ordinal);
    }
}
