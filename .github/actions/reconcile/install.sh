#!/usr/bin/env bash
# Install the reconciler of this very commit, from its own lock, once in a job; and sops, where it
# is needed. What is installed lies in RUNNER_TEMP, which is emptied before each job: an earlier
# job can leave nothing there for this one.
set -euo pipefail

# Nothing that is installed here, or built, runs beside a key or a credential: not even where the
# job has them already.
releases=${SOPS_RELEASES:-https://github.com/getsops/sops/releases/download}
while IFS= read -r name; do
  case $name in
  SOPS_* | AWS_* | ACTIONS_ID_TOKEN_*) unset "$name" ;;
  esac
done < <(compgen -e)

source=$(cd "$ACTION_PATH/../../.." && pwd)
venv=$RUNNER_TEMP/reconciler

fail() {
  echo "::error title=reconcile::$1"
  exit 1
}

if [ ! -x "$venv/bin/reconciler" ]; then
  # -I: no module is taken from the folder that this runs in, which a branch has filled.
  "$PYTHON" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "$PYTHON is missing or older than Python 3.11: run actions/setup-python before, or set the input python"
  "$PYTHON" -I -m venv "$venv"
  pip=("$venv/bin/python" -I -m pip --disable-pip-version-check --quiet --no-input install)
  # Wheels only: no package's own code runs while it is installed.
  packages=("${pip[@]}" --only-binary :all: --require-hashes --requirement)
  "${packages[@]}" "$source/requirements/runtime.txt"
  "${packages[@]}" "$source/requirements/build.txt"
  "${pip[@]}" --no-deps --no-build-isolation "$source"
fi
echo "$venv/bin" >>"$GITHUB_PATH"
"$venv/bin/reconciler" --version

# Only what decrypts needs sops.
case $COMMAND in
install | plan | drift) [ "$KEYLESS" = true ] && exit 0 ;;
apply | check | adopt | merge) ;;
*) exit 0 ;;
esac

version=v3.13.2
case $(uname -s).$(uname -m) in
Linux.x86_64)
  file=sops-$version.linux.amd64
  sum=154dfe4cd70554bdd82b98e4cd4acf191d43d01ead6f00a73477aa44c4ac42ef
  ;;
Linux.aarch64 | Linux.arm64)
  file=sops-$version.linux.arm64
  sum=78abf2e15c86250a1553ae6f53aba96be6b2a8126f160b1534959add3467ad76
  ;;
*) file='' sum='' ;;
esac
if found=$(command -v sops); then
  actual=$(sha256sum "$found" | cut -d' ' -f1)
  [ "$actual" = "$sum" ] ||
    echo "::warning title=reconcile::the sops on the PATH is not the sops project's release $version: $found has the SHA-256 $actual. It decrypts everything that this job decrypts"
  sops --disable-version-check --version
  exit 0
fi
[ -n "$file" ] ||
  fail "no release of sops is pinned for $(uname -s) on $(uname -m): put sops on the PATH"
curl --fail --silent --show-error --location --retry 3 --output "$RUNNER_TEMP/sops" "$releases/$version/$file" ||
  fail "sops $version could not be fetched"
echo "$sum  $RUNNER_TEMP/sops" | sha256sum --check --quiet - || {
  rm -f "$RUNNER_TEMP/sops"
  fail "what was fetched as sops $version is not that release: its SHA-256 differs"
}
install -m 0755 "$RUNNER_TEMP/sops" "$venv/bin/sops"
"$venv/bin/sops" --disable-version-check --version
