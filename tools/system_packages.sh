#!/bin/sh
# Install the system packages that the tests (or, with "bench", the benchmarks) want, where we may.
# Without them the tests that need them are skipped and say so; on CI they fail instead.
set -eu

missing=""
command -v sshd >/dev/null 2>&1 || [ -x /usr/sbin/sshd ] || missing="$missing openssh-server"
command -v sftp >/dev/null 2>&1 || missing="$missing openssh-client"
command -v chromium >/dev/null 2>&1 || [ -x /usr/bin/chromium ] || missing="$missing chromium"
# The driver of the browser's tests needs it; only Debian leaves it out.
if command -v apt-get >/dev/null 2>&1; then
    ls /usr/lib/*/libatomic.so.1 >/dev/null 2>&1 || missing="$missing libatomic1"
fi
# Two more SFTP servers for the tests; CI leaves them out.
if [ "${CI:-}" != true ] && command -v apt-get >/dev/null 2>&1; then
    [ -x /usr/sbin/proftpd ] || missing="$missing proftpd-core"
    [ -e /usr/lib/proftpd/mod_sftp.so ] || missing="$missing proftpd-mod-crypto"
    command -v rclone >/dev/null 2>&1 || missing="$missing rclone"
fi
if [ "${1:-}" = bench ]; then
    command -v zip >/dev/null 2>&1 || missing="$missing zip"
    command -v lftp >/dev/null 2>&1 || missing="$missing lftp"
    case $missing in *rclone*) ;; *) command -v rclone >/dev/null 2>&1 || missing="$missing rclone" ;; esac
fi
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "Please install by hand:$missing" >&2
    exit 0
fi
if [ "$(id -u)" = 0 ]; then
    sudo=""
elif sudo -n true 2>/dev/null; then
    sudo="sudo"
else
    echo "No right to install$missing; ask an administrator." >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -q >/dev/null
# shellcheck disable=SC2086  # a list of names
$sudo apt-get install -q -y --no-install-recommends $missing >/dev/null
