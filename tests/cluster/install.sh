#!/usr/bin/env bash
# HAProxy, for the nodes of a gateway. PostgreSQL comes with the Python packages of the tests.
set -euo pipefail
command -v haproxy >/dev/null && exit 0
if [ "$(id -u)" -ne 0 ]; then
    echo "HAProxy is not installed, and only root can install it: apt-get install haproxy" >&2
    exit 1
fi
apt-get update -qq
apt-get install -y -qq --no-install-recommends haproxy
