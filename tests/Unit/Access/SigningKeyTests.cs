using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Katanemimena.Access;
using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Unit.Access;

public sealed class SigningKeyTests : IDisposable
{
    private readonly AccessRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task First_key_is_made_when_it_is_needed_and_is_the_same_for_all()
    {
        string first = await _rig.First.SigningKeys.PublicPemAsync(default);

        Assert.StartsWith("-----BEGIN PUBLIC KEY-----", first, StringComparison.Ordinal);
        Assert.Equal(first, await _rig.Second.SigningKeys.PublicPemAsync(default));
        Assert.Equal(1, await _rig.KeysAsync("/mr/keys/"));
    }

    [Fact]
    public async Task Keys_are_listed_with_the_one_that_signs_and_one_that_is_removed_is_found_once()
    {
        string first = await KidAsync(_rig.First);
        _rig.Clock.Advance(TimeSpan.FromDays(1));
        await _rig.First.SigningKeys.RotateAsync(default);
        IReadOnlyList<SigningKeyCard> waiting = await _rig.Second.SigningKeys.ListAsync(default);
        _rig.Clock.Advance(_rig.Options.SigningKeyLead);
        IReadOnlyList<SigningKeyCard> signing = await _rig.Second.SigningKeys.ListAsync(default);

        Assert.Equal([(true, false), (false, true)], waiting.Select(key => (key.Id != first, key.Signs)));
        Assert.Equal([(true, true), (false, false)], signing.Select(key => (key.Id != first, key.Signs)));
        Assert.Equal(_rig.Options.SigningKeyLead, waiting[0].SignsFrom - waiting[0].Created);
        Assert.True(await _rig.First.SigningKeys.RemoveAsync(first, default));
        Assert.False(await _rig.First.SigningKeys.RemoveAsync(first, default));
        Assert.Single(await _rig.Second.SigningKeys.ListAsync(default));
    }

    [Fact]
    public async Task Of_two_instances_that_make_the_first_key_at_once_one_does()
    {
        _rig.Store.BeforeNextWrite = async () => await _rig.Second.SigningKeys.TendAsync(default);
        await _rig.First.SigningKeys.TendAsync(default);

        Assert.Equal(1, await _rig.KeysAsync("/mr/keys/"));
    }

    [Fact]
    public async Task Of_two_instances_that_rotate_at_once_one_does()
    {
        await _rig.First.SigningKeys.TendAsync(default);
        _rig.Clock.Advance(_rig.Options.SigningKeyPeriod);
        _rig.Store.BeforeNextWrite = async () => await _rig.Second.SigningKeys.TendAsync(default);
        await _rig.First.SigningKeys.TendAsync(default);

        Assert.Equal(2, await _rig.KeysAsync("/mr/keys/"));
        Assert.Equal(await KidAsync(_rig.First), await KidAsync(_rig.Second));
    }

    [Fact]
    public async Task New_key_is_known_before_it_signs_and_the_old_one_verifies_until_its_last_token_is_over()
    {
        string old = await KidAsync(_rig.First);
        _rig.Clock.Advance(TimeSpan.FromDays(30) - TimeSpan.FromMinutes(11));
        await _rig.First.SigningKeys.TendAsync(default);
        Assert.Equal([old], await KeySetAsync(_rig.Second));

        _rig.Clock.Advance(TimeSpan.FromMinutes(1));
        await _rig.First.SigningKeys.TendAsync(default);
        _rig.Clock.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(2, (await KeySetAsync(_rig.Second)).Count);
        Assert.Equal(old, await KidAsync(_rig.Second));
        string lastOfOld = (await _rig.StartAsync("bob")).Access.Text;

        _rig.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.NotEqual(old, await KidAsync(_rig.Second));
        _rig.Clock.Advance(TimeSpan.FromMinutes(14));
        await _rig.First.SigningKeys.TendAsync(default);
        Assert.Null((await _rig.Second.AccessTokens.VerifyAsync(lastOfOld, default)).Refusal);

        _rig.Clock.Advance(TimeSpan.FromMinutes(3) + TimeSpan.FromSeconds(1));
        await _rig.First.SigningKeys.TendAsync(default);
        Assert.Equal([await KidAsync(_rig.First)], await KeySetAsync(_rig.Second));
        Assert.Equal(TokenRefusal.UnknownKey, (await _rig.Second.AccessTokens.VerifyAsync(lastOfOld, default)).Refusal);
    }

    [Fact]
    public async Task Rotation_by_hand_waits_its_lead_and_makes_no_second_one()
    {
        string old = await KidAsync(_rig.First);
        await _rig.First.SigningKeys.RotateAsync(default);
        await _rig.Second.SigningKeys.RotateAsync(default);

        Assert.Equal(2, await _rig.KeysAsync("/mr/keys/"));
        Assert.Equal(old, await KidAsync(_rig.First));
        _rig.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.NotEqual(old, await KidAsync(_rig.First));
    }

    [Fact]
    public async Task Key_removed_by_hand_takes_its_tokens_along_and_another_signs_at_once()
    {
        string token = (await _rig.StartAsync("bob")).Access.Text;
        string old = await KidAsync(_rig.First);
        await _rig.First.SigningKeys.RotateAsync(default);
        await _rig.First.SigningKeys.RemoveAsync(old, default);
        await _rig.First.SigningKeys.RemoveAsync("../users/bob", default);

        Assert.Equal(TokenRefusal.UnknownKey, (await _rig.First.AccessTokens.VerifyAsync(token, default)).Refusal);
        Assert.Null((await _rig.First.AccessTokens.VerifyAsync((await _rig.StartAsync("bob")).Access.Text, default)).Refusal);
        Assert.NotNull(await _rig.First.Users.FindAsync("bob", default));
    }

    [Fact]
    public async Task Key_made_elsewhere_is_found_by_its_id_before_the_cache_is_over()
    {
        await _rig.StartAsync("bob");
        string old = Assert.Single(await KeySetAsync(_rig.Second));
        await _rig.First.SigningKeys.RemoveAsync(old, default);
        _rig.Clock.Advance(TimeSpan.FromSeconds(5));
        string token = (await _rig.StartAsync("bob")).Access.Text;

        Assert.Null((await _rig.Second.AccessTokens.VerifyAsync(token, default)).Refusal);
    }

    [Fact]
    public async Task First_key_made_elsewhere_is_found_at_once()
    {
        Assert.Empty(await KeySetAsync(_rig.Second));
        string token = (await _rig.StartAsync("bob")).Access.Text;

        Assert.Null((await _rig.Second.AccessTokens.VerifyAsync(token, default)).Refusal);
    }

    [Fact]
    public async Task Key_set_has_the_public_numbers_and_nothing_private()
    {
        string pem = await _rig.First.SigningKeys.PublicPemAsync(default);
        JsonObject key = Assert.Single(JsonNode.Parse(await _rig.First.SigningKeys.KeySetAsync(default))!["keys"]!.AsArray())!.AsObject();
        using var rsa = RSA.Create();
        rsa.ImportFromPem(pem);

        Assert.Equal(["alg", "e", "kid", "kty", "n", "use"], key.Select(pair => pair.Key).Order());
        Assert.Equal(("RSA", "sig", "RS256", "AQAB"), ((string?)key["kty"], (string?)key["use"], (string?)key["alg"], (string?)key["e"]));
        Assert.Equal(System.Buffers.Text.Base64Url.EncodeToString(rsa.ExportParameters(false).Modulus), (string?)key["n"]);
        Assert.Equal(await KidAsync(_rig.First), (string?)key["kid"]);
        Assert.True(rsa.KeySize >= 2048);
    }

    [Fact]
    public void Id_of_a_key_is_its_thumbprint()
    {
        // The example of RFC 7638, 3.1.
        using var rsa = RSA.Create(new RSAParameters
        {
            Exponent = [1, 0, 1],
            Modulus = System.Buffers.Text.Base64Url.DecodeFromChars(
                "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W" +
                "-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbIS" +
                "D08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"),
        });

        Assert.Equal("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", SigningKeyStore.Kid(rsa));
    }

    [Fact]
    public async Task Private_key_is_not_in_the_store_in_any_plain_form()
    {
        KnownKey key = await _rig.First.SigningKeys.SigningKeyAsync(default);
        using RSA rsa = _rig.KeyStore(_rig.Options).Decrypt(key.Stored);
        string dump = await _rig.DumpAsync();

        Assert.DoesNotContain("PRIVATE", dump, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(rsa.ExportPkcs8PrivateKey())[..64], dump, StringComparison.Ordinal);
        Assert.Contains("PUBLIC", dump, StringComparison.Ordinal);
        Assert.Equal(await _rig.First.SigningKeys.PublicPemAsync(default), rsa.ExportSubjectPublicKeyInfoPem());
    }

    [Fact]
    public async Task Other_key_encryption_key_is_told_apart_from_damage()
    {
        VersionedSigningKey key = (await _rig.First.SigningKeys.SigningKeyAsync(default)).Stored;
        SigningKeyStore stranger = new(_rig.Store, new KeyEncryption(new byte[32]), _rig.Options, _rig.Clock);
        key.Key.PrivateKey.Ciphertext[7] ^= 1;

        Assert.Contains("another key-encryption key", Assert.Throws<PermanentFault>(() => stranger.Decrypt(key)).Message, StringComparison.Ordinal);
        Assert.Contains("was changed", Assert.Throws<PermanentFault>(() => _rig.KeyStore(_rig.Options).Decrypt(key)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Secret_of_one_purpose_is_none_of_another_and_nonces_differ()
    {
        EncryptedSecret one = _rig.Encryption.Encrypt("secret"u8, "this");
        EncryptedSecret two = _rig.Encryption.Encrypt("secret"u8, "this");

        Assert.Equal("secret"u8.ToArray(), _rig.Encryption.Decrypt(one, "this"));
        Assert.NotEqual(one.Nonce, two.Nonce);
        Assert.NotEqual(one.Ciphertext, two.Ciphertext);
        Assert.Throws<PermanentFault>(() => _rig.Encryption.Decrypt(one, "that"));
        Assert.Throws<PermanentFault>(() => _rig.Encryption.Decrypt(one with { Tag = one.Tag[..12] }, "this"));
    }

    private static async Task<string> KidAsync(AccessParts parts) => (await parts.SigningKeys.SigningKeyAsync(default)).Stored.Kid;

    private static async Task<IReadOnlyList<string>> KeySetAsync(AccessParts parts) =>
        [.. JsonNode.Parse(await parts.SigningKeys.KeySetAsync(default))!["keys"]!.AsArray().Select(key => (string)key!["kid"]!)];
}
