#!/bin/bash
# Builds everything in Release, makes the inputs, runs our contracts and the peers in turn, and writes a table to
# bench/results/. Options: see `bench/run.sh --help`, or BenchOptions.cs.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
build() { dotnet "$@" -c Release -v q --nologo >&2; }
./mrctl --version >&2
build publish bench/peers/csharp/Peers.csproj -o bench/peers/csharp/bin/publish
for workload in W1 W2 W3 W4 W5; do
    build build bench/programs/dotnet/Workload.csproj -p:Workload=$workload
done
build build bench/Bench/Bench.csproj
if command -v gcc > /dev/null; then
    make -s -C bench/peers/c
fi
exec bench/Bench/bin/Release/net10.0/Katanemimena.Bench --bench bench --mrctl artifacts/mrctl/mrctl "$@"
