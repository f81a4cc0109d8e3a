#!/usr/bin/env bash
# Does what continuous integration does: restores from the lock files, builds with warnings as errors, runs all tests.
#
#   eng/check.sh               everything
#   eng/check.sh Unit Faults   builds everything, runs the test projects named
#   eng/check.sh --help        prints this
#
# The last line is "N passed, N failed" over all test projects. A skipped test counts as failed, and so does a project
# that ran no test or did not live to report. Ends with 0 only if nothing failed, with 2 if an argument names no test
# project; then nothing was built.
set -euo pipefail
cd "$(dirname "$0")/.."

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
configuration=Release
limit=30m # for one test project

fail() {
  echo "eng/check.sh: $*" >&2
  exit 1
}

projects=() # that have tests: Contracts is a library of the suites that the adapters' tests inherit
for folder in tests/*/; do
  project=$(basename "$folder")
  if [[ -f $folder$project.csproj && $project != Contracts ]]; then
    projects+=("$project")
  fi
done

for argument in "$@"; do
  case $argument in
    -h | --help)
      sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' eng/check.sh
      exit 0
      ;;
    *)
      if [[ " ${projects[*]} " != *" $argument "* ]]; then
        echo "eng/check.sh: there is no test project '$argument'; there are: ${projects[*]} (see --help)" >&2
        exit 2
      fi
      ;;
  esac
done

# Installs the Debian package of a command that is missing. Servers are not started by that (RUNLEVEL, invoke-rc.d(8)): tests start their own.
need() {
  local command=$1 package=$2
  if command -v "$command" >/dev/null; then
    return
  fi
  command -v apt-get >/dev/null || fail "'$command' is missing; install it (on Debian it is in the package '$package')"
  local -a as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "'$command' is missing; as root, run: apt-get install $package"
    as_root=(sudo)
  fi
  echo "installing $package for '$command'"
  if ! { "${as_root[@]}" apt-get update -qq && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq "$package"; } >&2; then
    fail "'$package' could not be installed; as root, run: apt-get install $package"
  fi
}

# Prints one attribute of the first <assembly> of an xUnit report.
attribute() {
  sed -n "s/.*<assembly [^>]*[[:space:]]$1=\"\([0-9]*\)\".*/\1/p" "$2" | head -n 1
}

command -v dotnet >/dev/null || fail "the .NET SDK is missing; install the version that global.json names"
need python3 python3
need mawk mawk
need gzip gzip
need unshare util-linux
need bwrap bubblewrap
need etcd etcd-server
need etcdctl etcd-client
need npm npm
need kubectl kubernetes-client
need openssl openssl
need containerd containerd
need runc runc
need ip iproute2
npm ci --prefix tests/services --silent # Azurite, as the tests start it
npm ci --prefix tests/infra-schemas --silent # what Kubernetes and KEDA take

dotnet restore Functions.sln --locked-mode -v q
dotnet build Functions.sln -c "$configuration" --no-restore -v q -nodeReuse:false -warnaserror -clp:NoSummary

reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT
passed=0
failed=0
for project in "${projects[@]}"; do
  folder=tests/$project/
  if (($# > 0)) && [[ " $* " != *" $project "* ]]; then
    continue
  fi

  report=$reports/$project.xml
  log=$reports/$project.log
  start=$SECONDS
  status=0
  threads=() # one a processor
  as=()
  if [[ $project == Cluster ]]; then
    threads=(-maxThreads 4) # its tests wait for leases to end more than they work
  elif [[ $project == Infra ]] && ((EUID != 0)); then
    as=(sudo --preserve-env) # it makes containers
  fi
  timeout "$limit" "${as[@]}" "${folder}bin/$configuration/net10.0/Katanemimena.Tests.$project" -noColor -printMaxStringLength 0 "${threads[@]}" -xml "$report" >"$log" 2>&1 || status=$?

  ok=0
  total=0
  if [[ -s $report ]]; then
    ok=$(attribute passed "$report")
    total=$(attribute total "$report")
  fi
  bad=$((${total:-0} - ${ok:-0}))
  if ((bad == 0)) && { ((status != 0)) || ((${total:-0} == 0)); }; then
    bad=1 # it crashed, was stopped by the limit, or ran nothing
  fi
  if ((bad > 0)); then
    cat "$log"
    echo "$project: ended with status $status; $bad of ${total:-0} tests failed, were skipped or did not run"
  fi

  echo "$project: ${ok:-0} passed, $bad failed ($((SECONDS - start)) s)"
  passed=$((passed + ${ok:-0}))
  failed=$((failed + bad))
done

((passed + failed > 0)) || fail "no test project ran"
echo "$passed passed, $failed failed"
((failed == 0))
