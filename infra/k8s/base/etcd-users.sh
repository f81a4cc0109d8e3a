#!/usr/bin/env bash
# Makes etcd's accounts, and sets their roles and passwords; then turns authentication on. Safe to run again.
#
# Wants PASSWORD_ROOT, PASSWORD_APP and PASSWORD_WORKER, and what etcdctl itself reads (ETCDCTL_ENDPOINTS, ETCDCTL_CACERT).
# Passwords go by the environment and standard input, never by arguments, which others can see.
set -euo pipefail

open() { etcdctl "$@"; }
as_root() { ETCDCTL_USER="root:$PASSWORD_ROOT" etcdctl "$@"; }

# A member may be up before there is a majority, so it is asked for what a majority has to answer.
tries=60
until run=as_root && as_root user list >/dev/null 2>&1 || { run=open && open user list >/dev/null 2>&1; }; do
  if ((--tries == 0)); then
    echo "etcd-users: etcd at $ETCDCTL_ENDPOINTS did not answer, or root's password is another one; etcd says:" >&2
    as_root user list >&2 || true
    exit 1
  fi
  sleep 2
done

# user NAME PASSWORD ROLE: this role and no other one.
user() {
  local roles role
  if "$run" user get "$1" >/dev/null 2>&1; then
    "$run" user passwd "$1" --interactive=false <<<"$2"
  else
    "$run" user add "$1" --interactive=false <<<"$2"
  fi
  "$run" user grant-role "$1" "$3"
  roles=$("$run" user get "$1" | sed -n 's/^Roles: *//p')
  for role in $roles; do
    [[ $role == "$3" ]] || "$run" user revoke-role "$1" "$role"
  done
}

encode() { printf %s "$1" | base64 --wrap=0; }
decode() { base64 --decode <<<"$1" | tr -d '\0'; }

# role NAME [read|readwrite PREFIX]…: makes the role where there is none, gives it what is under the prefixes, each ending with a slash, and takes all else from it.
role() {
  local name=$1 wanted=() given permission key end range
  shift
  "$run" role get "$name" >/dev/null 2>&1 || "$run" role add "$name"
  while (($# > 0)); do
    "$run" role grant-permission "$name" "$1" "$2" --prefix=true
    wanted+=("$(encode "$2"):$(encode "${2%/}0")") # what is under a prefix ends before the sign that follows the slash, 0
    shift 2
  done
  given=$(permissions "$name")
  for permission in $given; do
    [[ " ${wanted[*]} " != *" $permission "* ]] || continue
    IFS=: read -r key end <<<"$permission"
    range=()
    case $end in
      '') ;;
      AA==) range=(--from-key) ;; # all keys from this one on
      *) range=("$(decode "$end")") ;;
    esac
    "$run" role revoke-permission "$name" "$(decode "$key")" "${range[@]}"
  done
}

# permissions ROLE: KEY:END of each, as etcd gives them, in base64.
permissions() {
  "$run" role get "$1" --write-out=json | tr '{' '\n' | sed -n 's/.*"key":"\([^"]*\)"\(,"range_end":"\([^"]*\)"\)\{0,1\}.*/\1:\3/p'
}

role app readwrite /mr/
# Workers run user code: they get jobs, and nothing of accounts, tokens, signing keys, managers and data files.
role worker readwrite /mr/jobs/ readwrite /mr/instances/ read /mr/open/
"$run" role get root >/dev/null 2>&1 || "$run" role add root

user app "$PASSWORD_APP" app
user worker "$PASSWORD_WORKER" worker
user root "$PASSWORD_ROOT" root

# Always: as root works too while authentication is off, since etcdctl then leaves the password out. Where it is on, nothing changes.
"$run" auth enable
