#!/usr/bin/env bash
# Installs what the grader needs. Gradescope runs it once, as root, when it builds its image.
#
# Assumes Linux with glibc on x86-64 or arm64, and the network. Takes Deno from the PATH if it has the
# version that settings.sh names. Otherwise installs it by npm, and npm by the system's packages if it
# is missing too.
set -euo pipefail
source="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(dirname "$source")"
. "$source/settings.sh"

install_npm() {
  if command -v apt-get >/dev/null; then
    apt-get -qq update || true
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends npm
  elif command -v dnf >/dev/null; then
    dnf -q -y install npm
  elif command -v microdnf >/dev/null; then
    microdnf -y install npm
  elif command -v zypper >/dev/null; then
    zypper -q --non-interactive install npm
  else
    echo "setup.sh: expected deno $deno_version, npm, apt-get, dnf, microdnf or zypper, found none." >&2
    echo "Take a base image that has one of them." >&2
    exit 1
  fi
}

deno="$(command -v deno || true)"
found="$([ -z "$deno" ] || "$deno" --version | sed -n '1s/^deno \([^ +]*\).*/\1/p')"
if [ "$found" != "$deno_version" ]; then
  command -v npm >/dev/null || install_npm
  # The package of the platform has the program itself; scripts of packages are not needed.
  npm install --prefix "$root/deno" --ignore-scripts --no-audit --no-fund --loglevel=error \
    "deno@$deno_version"
  deno="$(ls "$root"/deno/node_modules/@deno/*/deno | head -n 1)"
  chmod +x "$deno"
fi
mkdir -p "$root/bin"
ln -sf "$deno" "$root/bin/deno"
export PATH="$root/bin:$PATH"

cd "$source/$project"
deno install --frozen

if [ "$data" != none ] && [ "${#data_jobs[@]}" -gt 0 ]; then
  arguments=(--experiment "$experiment")
  for job in "${data_jobs[@]}"; do arguments+=(--only "$job"); done
  if [ "$data" = included ]; then arguments+=(--data "$source/data"); fi
  deno task reproduce "${arguments[@]}" >&2 ||
    echo "setup.sh: the data are not all here; what needs them cannot be graded." >&2
fi
