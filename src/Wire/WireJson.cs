using System.Text.Json;
using System.Text.Json.Serialization;

namespace Katanemimena.Wire;

/// <summary>The documents as JSON in UTF-8: camel case, without nulls. Fields that a reader does not know are passed over.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.Strict,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ProblemDocument))]
[JsonSerializable(typeof(LoginRequest))]
[JsonSerializable(typeof(RefreshRequest))]
[JsonSerializable(typeof(PasswordRequest))]
[JsonSerializable(typeof(TokensDocument))]
[JsonSerializable(typeof(WhoAmIDocument))]
[JsonSerializable(typeof(NewUserRequest))]
[JsonSerializable(typeof(UserChangeRequest))]
[JsonSerializable(typeof(UserDocument))]
[JsonSerializable(typeof(UsersDocument))]
[JsonSerializable(typeof(NewServiceTokenRequest))]
[JsonSerializable(typeof(ServiceTokenDocument))]
[JsonSerializable(typeof(ServiceTokensDocument))]
[JsonSerializable(typeof(SigningKeysDocument))]
[JsonSerializable(typeof(DatafileDocument))]
[JsonSerializable(typeof(DatafilesDocument))]
[JsonSerializable(typeof(UploadDocument))]
[JsonSerializable(typeof(JobOptionsDocument))]
[JsonSerializable(typeof(SubmitMessage))]
[JsonSerializable(typeof(SubmitAnswer))]
[JsonSerializable(typeof(JobsDocument))]
[JsonSerializable(typeof(JobDetail))]
[JsonSerializable(typeof(LogDocument))]
[JsonSerializable(typeof(AssemblingDocument))]
[JsonSerializable(typeof(InstancesDocument))]
[JsonSerializable(typeof(HealthDocument))]
public sealed partial class WireJson : JsonSerializerContext
{
    /// <summary>For what others send: a field that is not known is an error, so that a mistyped one is not passed over.</summary>
    public static WireJson Strict => s_strict ??= new(new JsonSerializerOptions(Default.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow });

    private static WireJson? s_strict;
}
