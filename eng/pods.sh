#!/usr/bin/env bash
# Builds the images of infra/docker/Dockerfile that have no Azure Functions runtime, and runs the service in containers made of them, as the manifests say.
#
#   eng/pods.sh            builds and runs
#   eng/pods.sh --keep     leaves the images that were built, for the next run to be quicker
#   eng/pods.sh --help     prints this
#
# Needs root. No registry is asked: what the Dockerfile calls debian is made by debootstrap, and what it calls the SDK of that and the SDK of this machine.
# Ends with 0 only if every test passed.
set -euo pipefail
cd "$(dirname "$0")/.."

keep=false
for argument in "$@"; do
  case $argument in
    --keep) keep=true ;;
    -h | --help)
      sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' eng/pods.sh
      exit 0
      ;;
    *)
      echo "eng/pods.sh: '$argument' is not an option of it; --keep is (see --help)" >&2
      exit 2
      ;;
  esac
done

fail() {
  echo "eng/pods.sh: $*" >&2
  exit 3
}

((EUID == 0)) || fail "containers need root; run it with sudo"
packages=(buildah containerd debootstrap iproute2 runc)
dpkg-query -W "${packages[@]}" >/dev/null 2>&1 || DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${packages[@]}" >&2
[[ -d tests/services/node_modules ]] || fail "run eng/check.sh once: it installs Azurite"

export BUILDAH_ISOLATION=chroot
work=$(mktemp -d)
store=$PWD/artifacts/images # of this script alone: other images on this machine are left as they are
buildah() { command buildah --root "$store" --runroot "$work/run" "$@"; }

containers=()
finish() {
  ((${#containers[@]} == 0)) || buildah rm "${containers[@]}" >/dev/null
  $keep || buildah rmi --all --force >/dev/null
  umount --quiet --recursive "$store/overlay" || true
  $keep || rm -rf "$store"
  rm -rf "$work"
}
trap finish EXIT

# Whether an image is there already.
have() { buildah inspect --type image "$1" >/dev/null 2>&1; }

# from IMAGE: a working container of it, in $container, mounted at $mount.
from() {
  container=$(buildah from "$1")
  containers+=("$container")
  mount=$(buildah mount "$container")
}

# A Debian with what its slim image has.
if ! have localhost/debian; then
  echo "making Debian"
  from scratch
  debootstrap --variant=minbase bookworm "$mount" >"$work/debootstrap.log" || { cat "$work/debootstrap.log" >&2 && fail "debootstrap failed"; }
  buildah commit -q "$container" localhost/debian >/dev/null
fi

# It with the SDK of this machine, which is the version that global.json pins.
if ! have localhost/sdk; then
  echo "making the SDK's image"
  from localhost/debian
  buildah run "$container" -- sh -c 'apt-get update -qq && apt-get install -y -qq --no-install-recommends ca-certificates libssl3' >/dev/null 2>&1
  find /usr/local/share/ca-certificates -name '*.crt' -exec cp {} "$mount/usr/local/share/ca-certificates/" \;
  buildah run "$container" -- update-ca-certificates >/dev/null
  cp -a "$(dirname "$(readlink -f "$(command -v dotnet)")")" "$mount/usr/share/dotnet"
  ln -s ../share/dotnet/dotnet "$mount/usr/bin/dotnet"
  buildah config --env DOTNET_NOLOGO=1 --env DOTNET_CLI_TELEMETRY_OPTOUT=1 --env DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 "$container"
  buildah commit -q "$container" localhost/sdk >/dev/null
fi

for target in etcd functions-plain worker-plain; do
  echo "building $target"
  buildah build --layers --build-arg SDK=localhost/sdk --build-arg DEBIAN=localhost/debian --file infra/docker/Dockerfile --target "$target" --tag "katanemimena/$target" . \
    >"$work/$target.log" 2>&1 || { cat "$work/$target.log" >&2 && fail "$target could not be built"; }
  mkdir -p "$work/images/$target"
  from "localhost/katanemimena/$target"
  ln -s "$mount" "$work/images/$target/root"
  buildah inspect --type image "localhost/katanemimena/$target" >"$work/images/$target/config.json"
done

dotnet build tests/Infra/Infra.csproj -c Release -v q -nodeReuse:false -warnaserror -clp:NoSummary
KATANEMIMENA_IMAGES=$work/images tests/Infra/bin/Release/net10.0/Katanemimena.Tests.Infra -noColor -showLiveOutput -class 'Katanemimena.Tests.Infra.Pods.*'
