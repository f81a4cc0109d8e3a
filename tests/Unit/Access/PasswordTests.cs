using Katanemimena.Access;
using Microsoft.AspNetCore.Identity;
using Xunit;

namespace Katanemimena.Tests.Unit.Access;

public sealed class PasswordTests
{
    [Theory]
    [InlineData("Tall-ships 4 sale")]
    [InlineData("correct horse battery staple tonight")]
    [InlineData("μικρή βάρκα στο λιμάνι")]
    [InlineData("k3!vT9#pQx2m")]
    public void Good_password_is_taken(string password) => Assert.Null(PasswordRules.Check(password, "bob"));

    [Theory]
    [InlineData("elevenchars")]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("aaaaaaaaaaaaaaaa")]
    [InlineData("abababababab")]
    [InlineData("abcdabcdabcd")]
    [InlineData("123456789012")]
    [InlineData("098765432109")]
    [InlineData("abcdefghijkl")]
    [InlineData("Password1234!")]
    [InlineData("PASSWORD20265")]
    [InlineData("qwertyuiop12")]
    [InlineData("administrator")]
    [InlineData("!!changeme!!2026")]
    [InlineData("jolly-roger-7")]
    [InlineData("Jolly-Roger-7")]
    [InlineData(" jolly-roger-7 ")]
    [InlineData("573920174652")]
    [InlineData("Tall-ships 4 \uFFFD")]
    public void Bad_password_is_refused_with_a_sentence_that_does_not_quote_it(string? password)
    {
        string? wrong = PasswordRules.Check(password, "jolly-roger-7");

        Assert.NotNull(wrong);
        Assert.True(string.IsNullOrEmpty(password) || !wrong.Contains(password, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void Longest_password_is_taken_and_one_longer_is_not()
    {
        string longest = string.Concat(Enumerable.Range(0, 16).Select(n => $"boat-{n:00}x"))[..PasswordRules.LengthMax];

        Assert.Null(PasswordRules.Check(longest, "bob"));
        Assert.NotNull(PasswordRules.Check(longest + "y", "bob"));
    }

    [Fact]
    public void Hash_has_the_figures_of_the_cheat_sheet()
    {
        byte[] hash = Convert.FromBase64String(new PasswordHashing(PasswordHashing.IterationsDefault).Hash(AccessRig.Password));

        // Version 3, HMAC-SHA512 (2), rounds, salt length: KeyDerivationPrf and PasswordHasher.
        Assert.Equal(220_000, new AccessOptions().PasswordIterations);
        Assert.Equal([1, 0, 0, 0, 2, 0x00, 0x03, 0x5B, 0x60, 0, 0, 0, 16], hash[..13]);
        Assert.Equal(13 + 16 + 32, hash.Length);
    }

    [Fact]
    public void Same_password_has_another_hash_each_time()
    {
        PasswordHashing hashing = new(1);
        Assert.NotEqual(hashing.Hash(AccessRig.Password), hashing.Hash(AccessRig.Password));
    }

    [Fact]
    public void Password_is_right_wrong_or_right_but_old()
    {
        string weak = new PasswordHashing(1).Hash(AccessRig.Password);
        PasswordHashing hashing = new(2);
        string older = new PasswordHasher<object>(Microsoft.Extensions.Options.Options.Create(
            new PasswordHasherOptions { CompatibilityMode = PasswordHasherCompatibilityMode.IdentityV2 })).HashPassword(new object(), AccessRig.Password);

        Assert.Equal(PasswordMatch.Right, hashing.Verify(hashing.Hash(AccessRig.Password), AccessRig.Password));
        Assert.Equal(PasswordMatch.RightButOld, hashing.Verify(weak, AccessRig.Password));
        Assert.Equal(PasswordMatch.RightButOld, hashing.Verify(older, AccessRig.Password));
        Assert.Equal(PasswordMatch.Wrong, hashing.Verify(weak, AccessRig.OtherPassword));
        Assert.Equal(PasswordMatch.Wrong, hashing.Verify(null, AccessRig.Password));
        Assert.Equal(PasswordMatch.Wrong, hashing.Verify(null, ""));
        Assert.Equal(PasswordMatch.Wrong, hashing.Verify(hashing.Hash(""), new string('x', PasswordRules.LengthMax + 1)));
    }

    [Fact]
    public void Half_a_character_is_refused_and_never_right()
    {
        const string Garbled = "Tall-ships 4 \ud83d sale";
        PasswordHashing hashing = new(1);

        Assert.NotNull(PasswordRules.Check(Garbled, "bob"));
        Assert.Equal(PasswordMatch.Wrong, hashing.Verify(hashing.Hash(AccessRig.Password), Garbled));
        Assert.Null(PasswordRules.Check("Tall-ships 4 \ud83d\udea2", "bob"));
    }

    [Fact]
    public void Unknown_user_costs_a_hash_as_a_known_one_does()
    {
        PasswordHashing hashing = new(50_000);
        string hash = hashing.Hash(AccessRig.Password);

        // The least of several: others on the machine only ever add to a time. Without a hash it would be thousands of times shorter.
        TimeSpan known = Least(() => hashing.Verify(hash, AccessRig.OtherPassword));
        Assert.True(Least(() => hashing.Verify(null, AccessRig.OtherPassword)) > known / 4);
        Assert.True(Least(() => hashing.Verify(hash, new string('x', 1_000))) > known / 4);
    }

    private static TimeSpan Least(Func<PasswordMatch> verify) =>
        Enumerable.Range(0, 5).Min(_ =>
        {
            long start = TimeProvider.System.GetTimestamp();
            Assert.Equal(PasswordMatch.Wrong, verify());
            return TimeProvider.System.GetElapsedTime(start);
        });

    [Fact]
    public async Task Gate_lets_so_many_in_and_so_many_wait()
    {
        using HashingGate gate = new(1);
        HashingGate.Turn inside = (await gate.TryEnterAsync(default))!;
        Task<HashingGate.Turn?>[] waiting = [.. Enumerable.Range(0, HashingGate.WaitingPerHash).Select(_ => gate.TryEnterAsync(default).AsTask())];

        Assert.Null(await gate.TryEnterAsync(default));
        Assert.All(waiting, turn => Assert.False(turn.IsCompleted));
        inside.Dispose();
        foreach (Task<HashingGate.Turn?> turn in waiting)
        {
            (await turn)!.Dispose();
        }

        (await gate.TryEnterAsync(default))!.Dispose();
    }
}
