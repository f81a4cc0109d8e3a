using Katanemimena.Access;
using Katanemimena.Core;
using Katanemimena.Tests.Contracts;
using Xunit;

namespace Katanemimena.Tests.Unit.Access;

public sealed class KeyEncryptionSourceTests : IDisposable
{
    private const string Key = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Key_is_taken_from_the_text()
    {
        EncryptedSecret secret = KeyEncryptionSource.Read(Key + "\n", null, generate: false).Encrypt("x"u8, "test");
        Assert.Equal("x"u8.ToArray(), KeyEncryptionSource.Read(Key, "/no/such/file", generate: false).Decrypt(secret, "test"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    public void Without_a_key_it_does_not_start(string? none) =>
        Assert.Contains("no key-encryption key", Assert.Throws<PermanentFault>(() => KeyEncryptionSource.Read(none, none, generate: true)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("c2VjcmV0LXNlY3JldA==")]
    [InlineData("AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAh")]
    [InlineData("no base64 at all, yet secret")]
    public void Wrong_key_is_refused_without_being_quoted(string key)
    {
        PermanentFault fault = Assert.Throws<PermanentFault>(() => KeyEncryptionSource.Read(key, null, generate: true));
        Assert.DoesNotContain(key, fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_file_is_refused_unless_it_may_be_generated()
    {
        string file = _folder.File("kek");
        Assert.Throws<PermanentFault>(() => KeyEncryptionSource.Read(null, file, generate: false));
        EncryptedSecret secret = KeyEncryptionSource.Read(null, file, generate: true).Encrypt("x"u8, "test");

        Assert.Equal(32, Convert.FromBase64String(File.ReadAllText(file).Trim()).Length);
        Assert.Equal("x"u8.ToArray(), KeyEncryptionSource.Read(null, file, generate: true).Decrypt(secret, "test"));
        Assert.Equal([file], Directory.GetFiles(_folder.Path));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public void File_that_others_may_read_is_refused()
    {
        string file = _folder.File("kek");
        File.WriteAllText(file, Key);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
            PermanentFault fault = Assert.Throws<PermanentFault>(() => KeyEncryptionSource.Read(null, file, generate: false));
            Assert.Contains("chmod 600", fault.Message, StringComparison.Ordinal);
            File.SetUnixFileMode(file, UnixFileMode.UserRead);
        }

        Assert.NotNull(KeyEncryptionSource.Read(null, file, generate: false));
    }

    [Fact]
    public void File_in_a_folder_that_is_not_there_is_a_fault_of_the_machine() =>
        Assert.True(Assert.Throws<PermanentFault>(() => KeyEncryptionSource.Read(null, _folder.File("no/kek"), generate: true)).OfMachine);
}
