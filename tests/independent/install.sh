#!/bin/sh
# What the independent checks of the log need: Debian's Go with x/mod, aics-tlog and aics-witness. All go into build/independent.
#   tests/independent/install.sh PYTHON
set -eu
cd "$(dirname "$0")/../.."
if ! command -v go >/dev/null || [ ! -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog ]; then
    if [ "$(id -u)" -ne 0 ]; then
        echo "Go and its x/mod are missing, and only root can install them. Run as root:" >&2
        echo "  apt-get install golang-go golang-golang-x-mod-dev" >&2
        exit 1
    fi
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends golang-go golang-golang-x-mod-dev
fi
mkdir -p build/independent
GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= CGO_ENABLED=0 GOCACHE="$PWD/build/independent/go-cache" \
    go build -o build/independent/tlogverify tests/independent/tlogverify/main.go
"$1" -m pip install --quiet --disable-pip-version-check --no-deps --ignore-requires-python --require-hashes --upgrade \
    --target build/independent/python -r tests/independent/requirements.txt
