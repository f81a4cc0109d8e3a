using Katanemimena.Core;
using Katanemimena.Service;
using Xunit;

namespace Katanemimena.Tests.Unit.Service.Datafiles;

/// <summary>An account that is deleted while data of it comes in, and made anew under its name.</summary>
public sealed class DatafileAccountTests : IDisposable
{
    private const string Account = "/mr/user-identities/ada";
    private const int Mebibyte = DatafileRig.Mebibyte;

    private readonly DatafileRig _rig = new();
    private readonly byte[] _file = DatafileRig.Bytes(3 * Mebibyte);

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(0, 0, 3)]
    [InlineData(0, 0, 1)]
    [InlineData(1, 1, 1)]
    [InlineData(2, 2, 1)]
    public async Task Block_of_the_old_account_is_not_recorded_for_the_new_one(int before, int offset, int length)
    {
        KeyCondition old = await MakeAccountAsync();
        for (int block = 0; block < before; block++)
        {
            Assert.IsType<BlockOutcome.Received>(await PutAsync(old, block, 1));
        }

        long stored = await _rig.First.StoredBytesAsync(DatafileRig.Owner, default);
        _rig.Store.BeforeNextWrite = async () =>
        {
            if (offset == 0)
            {
                // The id is announced first; then the block is recorded.
                _rig.Store.BeforeNextWrite = MakeAccountAsync;
                return;
            }

            await MakeAccountAsync();
        };
        Assert.IsType<BlockOutcome.NoAccount>(await PutAsync(old, offset, length));
        Assert.Equal(stored, await _rig.First.StoredBytesAsync(DatafileRig.Owner, default));
        Assert.Null(await _rig.First.FindAsync(DatafileRig.Owner, "a", default));
        await _rig.CheckAsync();
        Assert.IsType<BlockOutcome.NoAccount>(await PutAsync(old, offset, length));
    }

    [Fact]
    public async Task Data_sent_along_by_the_old_account_is_not_stored_for_the_new_one()
    {
        KeyCondition old = await MakeAccountAsync();
        await MakeAccountAsync();
        var standing = new UserStanding(1, long.MaxValue, 10, old);
        Assert.IsType<BlockOutcome.NoAccount>(await _rig.First.AddAsync(DatafileRig.Owner, ".job/t/0-a", new MemoryStream([1]), standing, default));
        await _rig.CheckAsync();
    }

    private async Task<KeyCondition> MakeAccountAsync()
    {
        TransactionResult made = await _rig.Truth.TransactAsync(new Transaction { Writes = [new KeyWrite.Put(Account, new byte[1])] }, default);
        return new KeyCondition(Account, made.Revision);
    }

    private Task<BlockOutcome> PutAsync(KeyCondition account, int offset, int length) =>
        DatafileRig.PutAsync(_rig.First, DatafileRig.Block("a", _file, offset * Mebibyte, length * Mebibyte) with { Account = account }, _file);
}
