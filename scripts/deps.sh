#!/usr/bin/env bash
# Installs from Debian 12 what Leat needs, and only what is missing. Quiet when all is there.
#
#   scripts/deps.sh          what building and the demo need
#   scripts/deps.sh test     also what the tests need (RabbitMQ; the clients of Mosquitto; a Java runtime and Maven, for a real Kafka)
#
# Asks before it installs, unless it runs as root or LEAT_YES=1 is set.
set -euo pipefail

packages=(
  cmake ninja-build ccache mold g++ pkg-config
  libboost1.81-dev libboost-program-options1.81-dev libboost-filesystem1.81-dev libboost-system1.81-dev
  librdkafka-dev librabbitmq-dev libpaho-mqttpp-dev libpaho-mqtt-dev libssl-dev nlohmann-json3-dev libspdlog-dev libfmt-dev
  libjq-dev libzstd-dev liblz4-dev zlib1g-dev
  doctest-dev libbenchmark-dev
  mosquitto openssl
)
if [[ "${1:-}" == test ]]; then
  packages+=(openjdk-17-jre-headless maven python3 rabbitmq-server mosquitto-clients)
fi

installed() { [[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]; }

missing=()
for package in "${packages[@]}"; do
  installed "$package" || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  exit 0
fi

echo "To install with apt: ${missing[*]}"
as_root=()
if ((EUID != 0)); then
  as_root=(sudo)
  if [[ "${LEAT_YES:-}" != 1 ]]; then
    if [[ ! -t 0 ]]; then
      echo "deps.sh: nobody to ask. Run it as root, or with LEAT_YES=1, or install the packages above." >&2
      exit 1
    fi
    read -r -p "Install them now? [y/N] " answer
    [[ "$answer" == [yY]* ]] || exit 1
  fi
fi

# A broker that comes only for tests, which start their own, need not run as a service from now on.
services=()
for package in mosquitto rabbitmq-server; do
  [[ " ${missing[*]} " == *" $package "* && -d /run/systemd/system ]] && services+=("$package")
done

log=$(mktemp)
trap 'rm -f "$log"' EXIT
run_apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" >>"$log" 2>&1; }
say_what_goes() {  # such as another version of Boost's headers
  local gone
  gone=$(apt-get -s install --no-install-recommends "${missing[@]}" 2>/dev/null | sed -n 's/^Remv \([^ ]*\).*/\1/p')
  [[ -z "$gone" ]] || echo "apt removes for it: ${gone//$'\n'/ }"
}
if ! { run_apt update && { say_what_goes || true; } && run_apt install -y --no-install-recommends "${missing[@]}"; }; then
  cat "$log" >&2
  echo "deps.sh: apt could not install ${missing[*]}" >&2
  exit 1
fi
if ((${#services[@]} > 0)); then
  if "${as_root[@]}" systemctl --quiet disable --now "${services[@]}"; then
    echo "Not left running as services: ${services[*]}"
  fi
fi
