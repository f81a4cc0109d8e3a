using System.Globalization;
using Katanemimena.Access;
using Katanemimena.Core;
using Microsoft.Extensions.Configuration;

namespace Katanemimena.Api;

/// <summary>What an installation may set of the API. Read from the environment; <c>docs/running-with-func.md</c> lists the settings.</summary>
/// <param name="Quota">Limits of users who have none of their own.</param>
/// <param name="DatafilesMax">Most datafiles of a user.</param>
/// <param name="MetricsToken">See <see cref="ApiParts.MetricsToken"/>.</param>
/// <param name="Address">Where callers are.</param>
/// <param name="AdminName">Name of the first admin; null for <see cref="FirstAdmin.NameDefault"/>.</param>
/// <param name="AdminPassword">Password of the first admin; null to generate one.</param>
/// <param name="WorkersPlanned">Workers that a job is planned for when it does not say.</param>
public sealed record ApiSettings(UserQuota Quota, int DatafilesMax, string? MetricsToken, ClientAddress Address, string? AdminName, string? AdminPassword, int WorkersPlanned)
{
    private const string Key = "KEY_ENCRYPTION_KEY";
    private const string KeyFile = "KEY_ENCRYPTION_KEY_FILE";
    private const string KeyGenerate = "KEY_ENCRYPTION_KEY_GENERATE";
    private const string Token = "METRICS_TOKEN";
    private const int TokenLengthMin = 16;
    private const int WorkersPlannedDefault = 4;

    /// <summary>Reads them.</summary>
    /// <param name="configuration">The environment.</param>
    /// <param name="behindRuntime">Whether every connection is the Functions runtime's.</param>
    /// <exception cref="PermanentFault">One is wrong; the message names it, and quotes no secret.</exception>
    public static ApiSettings Read(IConfiguration configuration, bool behindRuntime)
    {
        string? token = configuration[Token] is { Length: > 0 } text ? text : null;
        return token?.Length < TokenLengthMin
            ? throw new PermanentFault($"{Token} has fewer than {TokenLengthMin} characters: it would be guessed")
            : new ApiSettings(
                QuotaDefaults.Of((int?)Number(configuration, "QUOTA_RUNNING_JOBS", int.MaxValue), Number(configuration, "QUOTA_STORED_BYTES", long.MaxValue)),
                (int?)Number(configuration, "QUOTA_DATAFILES", int.MaxValue) ?? QuotaDefaults.Datafiles,
                token,
                ClientAddress.Read(configuration[ClientAddress.Setting], behindRuntime),
                configuration["ADMIN_NAME"],
                configuration["ADMIN_PASSWORD"],
                (int?)Number(configuration, "WORKERS_PLANNED", 1000, least: 1) ?? WorkersPlannedDefault);
    }

    /// <summary>Reads the key-encryption key, which only an instance needs whose functions need accounts.</summary>
    /// <exception cref="PermanentFault">There is none, or it is no key.</exception>
    public static KeyEncryption ReadKeyEncryption(IConfiguration configuration)
    {
        try
        {
            return KeyEncryptionSource.Read(configuration[Key], configuration[KeyFile], string.Equals(configuration[KeyGenerate], "true", StringComparison.OrdinalIgnoreCase));
        }
        catch (PermanentFault fault)
        {
            throw new PermanentFault($"{fault.Message} (settings {Key}, {KeyFile}, {KeyGenerate})") { OfMachine = fault.OfMachine };
        }
    }

    /// <summary>Without secrets.</summary>
    public override string ToString() => nameof(ApiSettings);

    private static long? Number(IConfiguration configuration, string name, long most, long least = 0) =>
        configuration[name] is not { Length: > 0 } text ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number >= least && number <= most ? number
        : throw new PermanentFault($"{name} is '{SentText.Quoted(text)}'; a whole number, {least} or more{(most < int.MaxValue ? $", at most {most}," : "")} is wanted");
}
