#!/bin/sh
# What the tests of the pages need beside Python: Debian's Chromium (the one without windows), and fonts for names from everywhere.
set -eu
if ! command -v chromium-headless-shell >/dev/null; then
    if [ "$(id -u)" -ne 0 ]; then
        echo "Chromium is missing, and only root can install it. Run as root:" >&2
        echo "  apt-get install chromium-headless-shell fonts-liberation2 fonts-noto-core" >&2
        exit 1
    fi
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends chromium-headless-shell fonts-liberation2 fonts-noto-core
fi
