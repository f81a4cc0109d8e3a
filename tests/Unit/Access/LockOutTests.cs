using System.Net;
using Katanemimena.Access;
using Xunit;

namespace Katanemimena.Tests.Unit.Access;

public sealed class LockOutTests : IDisposable
{
    private static readonly DateTimeOffset s_start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly AccessRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(0, 0)]
    [InlineData(4, 0)]
    [InlineData(5, 1)]
    [InlineData(6, 2)]
    [InlineData(9, 16)]
    [InlineData(14, 512)]
    [InlineData(15, 900)]
    [InlineData(1_000, 900)]
    public void Wait_doubles_from_a_second_to_a_quarter_of_an_hour(int failures, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), new FailureCount(failures, s_start).Wait(s_start));

    [Fact]
    public void Wait_runs_down_and_an_hour_of_quiet_forgets_all()
    {
        FailureCount failures = new(8, s_start);

        Assert.Equal(TimeSpan.FromSeconds(3), failures.Wait(s_start.AddSeconds(5)));
        Assert.Equal(TimeSpan.Zero, failures.Wait(s_start.AddSeconds(8)));
        Assert.Equal(9, failures.Add(s_start.AddMinutes(59)).Count);
        Assert.Equal(1, failures.Add(s_start.AddMinutes(60)).Count);
    }

    [Fact]
    public void Clock_that_went_back_does_not_lengthen_the_wait_past_its_most() =>
        Assert.Equal(TimeSpan.FromMinutes(15), new FailureCount(5, s_start.AddDays(1)).Wait(s_start));

    [Fact]
    public async Task Account_waits_on_all_instances_and_the_right_password_waits_too()
    {
        await _rig.AddAsync("bob");
        await _rig.FailAsync("bob", 5);

        SignInResult early = await _rig.SignInAsync("bob", AccessRig.Password, at: _rig.Second);
        _rig.Clock.Advance(TimeSpan.FromSeconds(1));
        SignInResult late = await _rig.SignInAsync("bob", AccessRig.Password, at: _rig.Second);

        Assert.Equal((SignInOutcome.TooManyAttempts, TimeSpan.FromSeconds(1)), (early.Outcome, early.RetryAfter));
        Assert.Equal(SignInOutcome.SignedIn, late.Outcome);
        Assert.Equal(0, (await _rig.First.Users.FindAsync("bob", default))!.Attempts);
    }

    [Fact]
    public async Task Hammering_a_waiting_account_does_not_lengthen_its_wait_nor_write()
    {
        await _rig.AddAsync("bob");
        await _rig.FailAsync("bob", 5);
        int writes = _rig.Store.Writes;
        for (int n = 0; n < 50; n++)
        {
            Assert.Equal(SignInOutcome.TooManyAttempts, (await _rig.SignInAsync("bob", "not the password", AccessRig.Elsewhere)).Outcome);
        }

        Assert.Equal(writes, _rig.Store.Writes);
        _rig.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(SignInOutcome.SignedIn, (await _rig.SignInAsync("bob", AccessRig.Password, AccessRig.Elsewhere)).Outcome);
    }

    [Fact]
    public async Task Known_device_gets_in_while_others_guess_at_the_account()
    {
        await _rig.AddAsync("bob");
        string device = (await _rig.SignInAsync("bob", AccessRig.Password)).DeviceToken!;
        await _rig.FailAsync("bob", 5);

        SignInResult owner = await _rig.SignInAsync("bob", AccessRig.Password, device: device, at: _rig.Second);
        SignInResult guesser = await _rig.SignInAsync("bob", "not the password", AccessRig.Elsewhere);

        Assert.Equal((SignInOutcome.SignedIn, null), (owner.Outcome, owner.DeviceToken));
        Assert.Equal(SignInOutcome.TooManyAttempts, guesser.Outcome);
    }

    [Fact]
    public async Task Known_device_gets_in_from_an_address_that_has_to_wait()
    {
        await _rig.AddAsync("bob");
        string device = (await _rig.SignInAsync("bob", AccessRig.Password)).DeviceToken!;
        await FailFromHomeAsync();

        Assert.Equal(SignInOutcome.TooManyAttempts, (await _rig.SignInAsync("bob", AccessRig.Password)).Outcome);
        Assert.Equal(SignInOutcome.SignedIn, (await _rig.SignInAsync("bob", AccessRig.Password, device: device)).Outcome);
    }

    [Fact]
    public async Task Known_device_waits_for_its_own_failures()
    {
        await _rig.AddAsync("bob");
        string device = (await _rig.SignInAsync("bob", AccessRig.Password)).DeviceToken!;
        for (int n = 0; n < 5; n++)
        {
            await _rig.SignInAsync("bob", "not the password", device: device);
        }

        SignInResult early = await _rig.SignInAsync("bob", AccessRig.Password, device: device, at: _rig.Second);
        SignInResult other = await _rig.SignInAsync("bob", AccessRig.Password);

        Assert.Equal((SignInOutcome.TooManyAttempts, TimeSpan.FromSeconds(1)), (early.Outcome, early.RetryAfter));
        Assert.Equal(SignInOutcome.SignedIn, other.Outcome);
    }

    [Fact]
    public async Task Device_of_another_account_is_no_device_of_this_one()
    {
        await _rig.AddAsync("bob");
        await _rig.AddAsync("eve");
        string device = (await _rig.SignInAsync("eve", AccessRig.Password)).DeviceToken!;
        await _rig.FailAsync("bob", 5);

        Assert.Equal(SignInOutcome.TooManyAttempts, (await _rig.SignInAsync("bob", AccessRig.Password, device: device)).Outcome);
    }

    [Fact]
    public async Task Account_knows_so_many_devices_and_forgets_the_longest_unused()
    {
        await _rig.AddAsync("bob");
        List<string> devices = [];
        for (int n = 0; n < StoredUser.DevicesMax + 1; n++)
        {
            devices.Add((await _rig.SignInAsync("bob", AccessRig.Password)).DeviceToken!);
            _rig.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.NotNull((await _rig.SignInAsync("bob", AccessRig.Password, device: devices[0])).DeviceToken);
        Assert.Null((await _rig.SignInAsync("bob", AccessRig.Password, device: devices[^1])).DeviceToken);
        Assert.Equal(StoredUser.DevicesMax, (await new UserStore(_rig.Store).FindAsync("bob", default))!.User.Devices.Count);
    }

    [Fact]
    public async Task Address_waits_whatever_the_names_it_tries()
    {
        await _rig.AddAsync("bob");
        await FailFromHomeAsync();

        SignInResult early = await _rig.SignInAsync("bob", AccessRig.Password);
        SignInResult elsewhere = await _rig.SignInAsync("bob", AccessRig.Password, AccessRig.Elsewhere);
        _rig.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal((SignInOutcome.TooManyAttempts, TimeSpan.FromSeconds(1)), (early.Outcome, early.RetryAfter));
        Assert.Equal(SignInOutcome.SignedIn, elsewhere.Outcome);
        Assert.Equal(SignInOutcome.SignedIn, (await _rig.SignInAsync("bob", AccessRig.Password)).Outcome);
    }

    [Fact]
    public async Task Address_that_is_not_known_makes_nobody_wait_for_others_but_accounts_wait()
    {
        await _rig.AddAsync("bob");
        await _rig.AddAsync("eve");
        for (int n = 0; n < 20; n++)
        {
            await FromNowhereAsync(n < 5 ? "eve" : $"nobody-{n}", "not the password");
        }

        Assert.Equal(SignInOutcome.SignedIn, (await FromNowhereAsync("bob", AccessRig.Password)).Outcome);
        Assert.Equal(SignInOutcome.TooManyAttempts, (await FromNowhereAsync("eve", AccessRig.Password)).Outcome);
        Assert.Equal(15, _rig.First.Ledger.Remembered);
    }

    [Fact]
    public async Task Account_of_ones_own_does_not_clear_an_address_for_guessing_on()
    {
        await _rig.AddAsync("eve");
        for (int n = 0; n < 4; n++)
        {
            await _rig.SignInAsync($"nobody-{n}", "not the password");
        }

        Assert.Equal(SignInOutcome.SignedIn, (await _rig.SignInAsync("eve", AccessRig.Password)).Outcome);
        SignInResult fifth = await _rig.SignInAsync("nobody-5", "not the password");

        Assert.Equal(TimeSpan.FromSeconds(1), fifth.RetryAfter);
    }

    [Fact]
    public async Task Guesses_made_at_once_are_charged_before_they_are_checked()
    {
        await _rig.AddAsync("bob");
        await _rig.FailAsync("bob", 4);
        SignInResult? inner = null;
        // While the fifth guess is about to be charged, another instance charges its own.
        _rig.Store.BeforeNextWrite = async () => inner = await _rig.SignInAsync("bob", "not the password", AccessRig.Elsewhere, at: _rig.Second);
        SignInResult outer = await _rig.SignInAsync("bob", AccessRig.Password);

        Assert.Equal((SignInOutcome.InvalidCredentials, SignInOutcome.TooManyAttempts), (inner!.Outcome, outer.Outcome));
        Assert.Equal(5, (await _rig.First.Users.FindAsync("bob", default))!.Attempts);
        // The four that failed; the address of the one not looked at is not charged.
        Assert.Equal(4, _rig.First.Ledger.Remembered);
    }

    [Fact]
    public async Task Good_sign_ins_are_charged_to_nobody()
    {
        await _rig.AddAsync("bob");
        for (int n = 0; n < 20; n++)
        {
            Assert.Equal(SignInOutcome.SignedIn, (await _rig.SignInAsync("bob", AccessRig.Password)).Outcome);
        }

        Assert.Equal(0, _rig.First.Ledger.Remembered);
    }

    [Fact]
    public async Task Admin_unlocks_an_account()
    {
        await _rig.AddAsync("bob");
        await _rig.FailAsync("bob", 5);
        await _rig.Second.Users.ChangeAsync("bob", new UserChange { Unlock = true }, default);

        Assert.Equal(SignInOutcome.SignedIn, (await _rig.SignInAsync("bob", AccessRig.Password)).Outcome);
    }

    [Fact]
    public async Task Memory_and_store_do_not_grow_with_names_and_addresses()
    {
        using AccessRig rig = new(new AccessOptions { PasswordIterations = 1, RememberedMax = 8 });
        await rig.AddAsync("bob");
        for (int n = 0; n < 200; n++)
        {
            await rig.SignInAsync($"nobody-{n}", "not the password", new IPAddress([10, 0, (byte)(n / 250), (byte)n]));
        }

        Assert.Equal(16, rig.First.Ledger.Remembered);
        Assert.Equal(3, await rig.KeysAsync()); // The account, what tells it from a later one, and how many were made.
    }

    [Fact]
    public void Table_forgets_the_longest_quiet_first_and_what_an_hour_has_passed_over()
    {
        FailureTable table = new(2);
        table.Charge("a", s_start);
        table.Charge("b", s_start.AddMinutes(1));
        table.Charge("a", s_start.AddMinutes(2));
        table.Charge("c", s_start.AddMinutes(3));
        for (int n = 0; n < 3; n++)
        {
            table.Charge("a", s_start.AddMinutes(4));
        }

        Assert.Equal(2, table.Count);
        Assert.Equal(TimeSpan.FromSeconds(1), table.Wait("a", s_start.AddMinutes(4)));
        table.Charge("d", s_start.AddHours(2));
        Assert.Equal(1, table.Count);
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64")]
    public void Address_counts_as_itself_or_as_its_network(string address, string key) => Assert.Equal(key, AddressKey.Of(IPAddress.Parse(address)));

    private async Task<SignInResult> FromNowhereAsync(string name, string password) =>
        await _rig.First.Authenticator.SignInAsync(new SignInRequest(name, password, Address: null), default);

    private async Task FailFromHomeAsync()
    {
        for (int n = 0; n < 5; n++)
        {
            await _rig.SignInAsync($"nobody-{n}", "not the password");
        }
    }
}
