// The launcher takes every process below this one for part of what it measures, so tests run one at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
