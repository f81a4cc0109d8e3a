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

# user NAME PASSWORD ROLE
user() {
  if "$run" user get "$1" >/dev/null 2>&1; then
    "$run" user passwd "$1" --interactive=false <<<"$2"
  else
    "$run" user add "$1" --interactive=false <<<"$2"
  fi
  "$run" user grant-role "$1" "$3"
}

# may ROLE read|readwrite PREFIX: makes the role where there is none, and gives it what is under the prefix.
may() {
  "$run" role get "$1" >/dev/null 2>&1 || "$run" role add "$1"
  "$run" role grant-permission "$1" "$2" "$3" --prefix=true
}

may app readwrite /mr/
# Workers run user code: they get jobs, and nothing of accounts, tokens, signing keys, managers and data files.
may worker readwrite /mr/jobs/
may worker readwrite /mr/instances/
may worker read /mr/open/
"$run" role get root >/dev/null 2>&1 || "$run" role add root

user app "$PASSWORD_APP" app
user worker "$PASSWORD_WORKER" worker
user root "$PASSWORD_ROOT" root

# Always: as root works too while authentication is off, since etcdctl then leaves the password out. Where it is on, nothing changes.
"$run" auth enable
