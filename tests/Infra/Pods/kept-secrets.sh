#!/usr/bin/env bash
# Makes what infra/lib/secrets.sh makes, in folders in place of a cluster: FOLDER/NAME/KEY for each key of a Secret or ConfigMap.
#
#   kept-secrets.sh FOLDER < RENDERED_MANIFESTS
set -euo pipefail

kept=$1
rendered=$(cat)
dry=false namespace=katanemimena
space=(keep)

fail() { echo "$*" >&2; exit 1; }

# kubectl's part: get KIND NAME --ignore-not-found -o name, create configmap NAME FILE…, create secret generic NAME FILE…
keep() {
  local name=$3 files=("${@:4}") file line
  if [[ $1 == get ]]; then
    [[ $4 == --ignore-not-found && $5 == -o && $6 == name ]] || fail "kept-secrets.sh: 'get' wants --ignore-not-found -o name"
    [[ ! -d $kept/$name ]] || echo "$2/$name"
    return
  elif [[ $2 == secret ]]; then
    name=$4 files=("${@:5}")
  fi
  mkdir -p "$kept/$name"
  for file in "${files[@]}"; do
    case $file in
      --from-env-file=/dev/stdin) while IFS= read -r line; do printf %s "${line#*=}" >"$kept/$name/${line%%=*}"; done ;;
      --from-file=*) cp "${file#*=}" "$kept/$name/" ;;
      *) fail "kept-secrets.sh: '$file' is not understood" ;;
    esac
  done
}

. infra/lib/ask.sh
. infra/lib/secrets.sh
umask 077
make_secrets
