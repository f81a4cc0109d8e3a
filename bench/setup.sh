#!/bin/bash
# Installs the peers that the bench compares with (Debian and its kin; wants root), and builds those written here.
set -euo pipefail
cd "$(dirname "$0")"
apt-get update -q
apt-get install -y -q --no-install-recommends gcc make libc6-dev mawk parallel python3-dask python3-toolz
command -v npm > /dev/null || apt-get install -y -q --no-install-recommends nodejs npm
npm install --no-save --prefix peers/duckdb # the lock holds this platform only, which "npm ci" does not take
make -C peers/c
