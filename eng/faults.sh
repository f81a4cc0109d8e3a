#!/usr/bin/env bash
# Breaks a running cluster in eight ways, so many times each at seeded moments, and prints how long the job still took after each fault.
#
#   eng/faults.sh [RUNS] [FIRST_SEED]     20 runs each from seed 1, unless said otherwise
#   eng/faults.sh --help                  prints this
#
# Ends with 0 only if every run gave the right bytes and committed each task once. A run that fails names its seed.
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ " $* " == *" --help "* || " $* " == *" -h "* ]]; then
  sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' eng/faults.sh
  exit 0
fi
for argument in "${@:1:2}"; do
  [[ $argument =~ ^[1-9][0-9]{0,8}$ ]] || { echo "eng/faults.sh: '$argument' is not a number of 1 or more; RUNS and FIRST_SEED are (see --help)" >&2; exit 2; }
done
(($# <= 2)) || { echo "eng/faults.sh: '$3' is one argument too many (see --help)" >&2; exit 2; }

runs=${1:-20}
seed=${2:-1}
project=tests/Cluster
command -v etcd >/dev/null && [[ -d tests/services/node_modules ]] || { echo "eng/faults.sh: run eng/check.sh once: it installs etcd and Azurite" >&2; exit 3; }
dotnet build "$project/Cluster.csproj" -c Release -v q -nodeReuse:false -warnaserror -clp:NoSummary

figures=$(mktemp)
trap 'rm -f "$figures"' EXIT
status=0
KATANEMIMENA_FAULTS=$runs KATANEMIMENA_FAULT_SEED=$seed KATANEMIMENA_FIGURES=$figures \
  "$project/bin/Release/net10.0/Katanemimena.Tests.Cluster" -noColor -class 'Katanemimena.Tests.Cluster.Faults.*' -maxThreads 4 || status=$?

echo
printf '%-60s %5s %8s %8s\n' 'seconds' runs median most
sort -t $'\t' -k1,1 -k2,2g "$figures" | awk -F '\t' '
  function show() { if (n) printf "%-60s %5d %8.2f %8.2f\n", name, n, v[int((n + 1) / 2)], v[n] }
  $1 != name { show(); name = $1; n = 0 }
  { v[++n] = $2 }
  END { show() }'
exit "$status"
