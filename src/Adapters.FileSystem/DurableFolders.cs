namespace Katanemimena.Adapters.FileSystem;

/// <summary>Makes the entries of folders durable, and those of the folders above them the first time one is used.</summary>
/// <param name="root">The volume's folder; the one in which it lies is synced too.</param>
internal sealed class DurableFolders(string root)
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _anchored = new(StringComparer.Ordinal);
    private int _generation;

    /// <summary>Syncs a folder below the root, so that a file renamed in it stays after a power failure.</summary>
    internal void Sync(string folder)
    {
        NativeFiles.SyncFolder(folder);
        int generation;
        lock (_gate)
        {
            if (_anchored.Contains(folder))
            {
                return;
            }

            generation = _generation;
        }

        for (string? above = folder; above is not null && above.Length >= root.Length; )
        {
            above = Path.GetDirectoryName(above);
            if (above is not null)
            {
                NativeFiles.SyncFolder(above);
            }
        }

        lock (_gate)
        {
            if (generation == _generation)
            {
                _anchored.Add(folder);
            }
        }
    }

    /// <summary>To be called when a folder was deleted: its name may come again, as another folder.</summary>
    internal void Forget()
    {
        lock (_gate)
        {
            _generation++;
            _anchored.Clear();
        }
    }
}
