#!/usr/bin/env bash
# What a machine needs before an Atlas runs on it, in named steps.
#
# `make`, the Dockerfile and CI all call these steps, so that there is one list of packages and one way to install
# them. Every step looks first and acts only where something is missing: a second run takes a moment.
#
#   install.sh STEP…     apt-python apt-web apt-run apt-test   packages of the system
#                        venv web                              what `make run` needs of Python and of the browser's side
#                        venv-dev                              the same with the tools that check the code
#                        compiled                              the compiled code, so that the first start need not wait
#                        apt-bench venv-peers                  what `make bench` compares with, in an environment apart
#                        run | test | bench                    all of it, in order
#                        lock                                  write the lock files anew from pyproject.toml
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$ROOT"

# One at a time in one folder. The lock's file is closed before our commands start, so that a service which a package
# starts does not keep it.
if [ -z "${ATLAS_INSTALLING:-}" ]; then
    mkdir -p .make
    ATLAS_INSTALLING=yes exec flock --close .make/lock bash "$ROOT/api/setup/install.sh" "$@"
fi

OLDEST_PYTHON=3.11
OLDEST_NODE=18
OLDEST_NPM=9
STAMPS=.make
PYTHON=.venv/bin/python

main() {
    [ $# -gt 0 ] || fail "ต้องบอกขั้นตอน · name a step: apt-python apt-web apt-run apt-test venv venv-dev compiled web run test bench"
    local step
    for step in "$@"; do
        case $step in
            apt-python) apt_install "$(missing_python)" ;;
            apt-web) apt_install "$(missing_node)" ;;
            apt-run) apt_run ;;
            apt-test) apt_install "$(missing_test_tools)" ;;
            venv) make_venv requirements.lock ;;
            venv-dev) make_venv requirements-dev.lock ;;
            compiled) compile_kernels ;;
            web) build_web ;;
            apt-bench) apt_bench ;;
            venv-peers) make_peers_venv ;;
            run) main apt-run venv compiled web ;;
            test) main apt-run apt-test venv-dev compiled web ;;
            bench) main test apt-bench venv-peers ;;
            lock) write_locks ;;
            *) fail "ไม่รู้จักขั้นตอน · unknown step: $step" ;;
        esac
    done
}

say() { printf '\033[2m==> %s\033[0m\n' "$*" >&2; }

fail() {
    printf '\n%s\n' "$*" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# --- packages of the system ------------------------------------------------------------------------------------

apt_run() {
    local packages
    packages="$(missing_python) $(missing_node)"
    if has_server; then
        apt_install "$packages"
    else
        fresh_package_lists
        packages+=" $(server_on_offer)"
        without_a_main_cluster "$packages"
    fi
}

# One call for all, so that the list of packages is read once.
apt_install() {
    local packages
    # By any blank, also a new line: those who tell what is missing say it line by line.
    read -r -d '' -a packages <<<"$*" || true
    [ ${#packages[@]} -gt 0 ] || return 0
    have apt-get || fail "เครื่องนี้ไม่มี apt-get ต้องติดตั้งเอง · this machine has no apt-get; please install: ${packages[*]}"
    may_be_root || fail "ต้องใช้สิทธิ์ root โปรดสั่งเอง · this needs root; please run it yourself:" \
        " sudo apt-get install --no-install-recommends ${packages[*]}"
    say "apt-get install ${packages[*]}"
    fresh_package_lists
    as_root apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
        "${packages[@]}" </dev/null >&2 ||
        fail "apt-get ติดตั้งไม่สำเร็จ · apt-get could not install: ${packages[*]}"
}

LISTS_ARE_FRESH=

fresh_package_lists() {
    [ -z "$LISTS_ARE_FRESH" ] || return 0
    have apt-get || fail "เครื่องนี้ไม่มี apt-get · this machine has no apt-get: install PostgreSQL ≥ 15 with PostGIS yourself"
    may_be_root || return 0
    as_root apt-get update -q -o DPkg::Lock::Timeout=300 </dev/null >&2 ||
        say "apt-get update ไม่สำเร็จ ใช้รายการเดิม · apt-get update failed; going on with the old lists"
    LISTS_ARE_FRESH=yes
}

# A password is asked for only where somebody can type one.
may_be_root() { [ "$(id -u)" -eq 0 ] || { have sudo && { [ -t 2 ] || sudo -n true 2>/dev/null; }; }; }

as_root() {
    local settings=(env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l LC_ALL=C.UTF-8)
    if [ "$(id -u)" -eq 0 ]; then "${settings[@]}" "$@"; else sudo "${settings[@]}" "$@"; fi
}

missing_python() {
    [ -z "$(find_python)" ] || return 0
    echo python3 python3-venv
}

# The newest that can make a virtual environment: Debian ships that part in a package of its own.
find_python() {
    local name
    for name in python3.14 python3.13 python3.12 python3.11 python3; do
        if have "$name" && "$name" -c "import ensurepip, sys, venv
sys.exit(sys.version_info < tuple(map(int, '$OLDEST_PYTHON'.split('.'))))" 2>/dev/null; then
            echo "$name"
            return 0
        fi
    done
}

missing_node() {
    have node || echo nodejs
    have npm || echo npm
}

check_node() {
    local node npm
    node=$(node --version 2>/dev/null | tr -d v) || node=0
    npm=$(npm --version 2>/dev/null) || npm=0
    if [ "${node%%.*}" -lt $OLDEST_NODE ] || [ "${npm%%.*}" -lt $OLDEST_NPM ]; then
        fail "Node.js $node / npm $npm เก่าเกินไป ต้องใช้ Node.js ≥ $OLDEST_NODE และ npm ≥ $OLDEST_NPM" \
            "· too old: Node.js ≥ $OLDEST_NODE and npm ≥ $OLDEST_NPM are needed"
    fi
}

server_is_here() { [ -x "/usr/lib/postgresql/$1/bin/postgres" ]; }

has_server() {
    local major
    for major in 18 17 16 15; do
        if server_is_here $major && [ -e "/usr/share/postgresql/$major/extension/postgis.control" ]; then return 0; fi
    done
    return 1
}

# One whose server is here and only lacks PostGIS comes first; else the newest version that apt has both for.
server_on_offer() {
    local major here=() other=()
    for major in 18 17 16 15; do
        if server_is_here $major; then here+=("$major"); else other+=("$major"); fi
    done
    for major in "${here[@]}" "${other[@]}"; do
        if offers "postgresql-$major" && offers "postgresql-$major-postgis-3"; then
            echo "postgresql-$major postgresql-$major-postgis-3 postgresql-$major-postgis-3-scripts"
            return 0
        fi
    done
    fail "apt ไม่มี PostgreSQL ≥ 15 พร้อม PostGIS · apt offers no PostgreSQL ≥ 15 with PostGIS for this system"
}

offers() { [[ $(LC_ALL=C apt-cache policy "$1" 2>/dev/null) == *"Candidate: "[0-9]* ]]; }

# Debian makes and starts a server called "main" with a new PostgreSQL, on a port that may be somebody's. An Atlas
# runs its own and asks for none; the setting goes away again, because the machine is not ours.
without_a_main_cluster() {
    local folder=/etc/postgresql-common/createcluster.d status=0
    may_be_root || apt_install "$@"
    as_root mkdir -p "$folder"
    echo "create_main_cluster = false" | as_root tee "$folder/chumchon-atlas.conf" >/dev/null
    (apt_install "$@") || status=$?
    as_root rm -f "$folder/chumchon-atlas.conf"
    return $status
}

missing_test_tools() {
    have chromium || have google-chrome || echo chromium
    have ogr2ogr || echo gdal-bin
    have shellcheck || echo shellcheck
    have wrk || echo wrk
    /usr/bin/python3 -c "import qgis.core" 2>/dev/null || echo python3-qgis
    [ -n "$(find /usr/share/fonts -iname '*garuda*' -print -quit 2>/dev/null)" ] || echo fonts-thai-tlwg
}

# The benchmark starts an nginx of its own. Debian's package starts one as well, on a port that may be somebody's, and
# at every boot: it is told not to (policy-rc.d is how).
apt_bench() {
    local policy=/usr/sbin/policy-rc.d own='' status=0
    if have nginx || [ -x /usr/sbin/nginx ]; then return 0; fi
    may_be_root || apt_install nginx-light
    if [ ! -e $policy ]; then
        own=yes
        printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
        as_root chmod 755 $policy
    fi
    (apt_install nginx-light) || status=$?
    [ -z "$own" ] || as_root rm -f $policy
    if have systemctl; then as_root systemctl disable --quiet nginx 2>/dev/null || true; fi
    return $status
}

# --- stamps: a step whose inputs are the same as when it last succeeded is done ----------------------------------

is_done() { [ "$(cat "$STAMPS/$1" 2>/dev/null)" = "$2" ]; }

now_done() {
    mkdir -p "$STAMPS"
    printf '%s\n' "$2" >"$STAMPS/$1.new"
    mv "$STAMPS/$1.new" "$STAMPS/$1"
}

key_of() { sha256sum | cut -d ' ' -f 1; }

# --- Python ------------------------------------------------------------------------------------------------------

make_venv() {
    local lock=$1 python key
    python=$(find_python)
    [ -n "$python" ] || fail "ไม่พบ Python ≥ $OLDEST_PYTHON พร้อม venv · Python ≥ $OLDEST_PYTHON with venv is not on this machine"
    # The tools for checking include all that running needs: whoever has them keeps them.
    if [ -x .venv/bin/atlas ] && is_done venv "$(venv_key requirements-dev.lock "$python")"; then return 0; fi
    key=$(venv_key "$lock" "$python")
    if [ -x .venv/bin/atlas ] && is_done venv "$key"; then return 0; fi

    rm -f "$STAMPS/venv"
    say "Python: .venv ($lock)"
    fitting_venv "$python"
    "$PYTHON" -m pip install -q --disable-pip-version-check --no-input --require-hashes -r requirements-bootstrap.lock
    # Compiled now: a machine that is told not to write bytecode would read a hundred libraries anew at every start.
    .venv/bin/uv pip sync -q --compile-bytecode --python "$PYTHON" --require-hashes "$lock" requirements-bootstrap.lock
    .venv/bin/uv pip install -q --python "$PYTHON" --no-deps --no-build-isolation --editable .
    now_done venv "$key"
}

# Other people's servers have wishes of their own and stay apart from what the town runs.
make_peers_venv() {
    local peers=$STAMPS/peers key
    key=$(venv_key requirements-peers.lock "$PYTHON")
    if [ -x "$peers/bin/pygeoapi" ] && is_done peers-venv "$key"; then return 0; fi
    say "Python: $peers (requirements-peers.lock)"
    rm -rf "$peers"
    "$PYTHON" -m venv "$peers"
    .venv/bin/uv pip sync -q --compile-bytecode --python "$peers/bin/python" --require-hashes requirements-peers.lock
    now_done peers-venv "$key"
}

# A venv holds full paths: one that was moved, or whose Python went away, is made anew.
fitting_venv() {
    local made_for
    made_for=$("$PYTHON" -c 'import sys; print(sys.prefix, *sys.version_info[:2])' 2>/dev/null) || made_for=
    if [ "$made_for" != "$ROOT/.venv $("$1" -c 'import sys; print(*sys.version_info[:2])')" ]; then
        rm -rf .venv
        "$1" -m venv .venv
    fi
}

# Once a machine and version of the sources; a minute or two, of which the service would otherwise make its first start.
compile_kernels() {
    local key
    key=$({ venv_key requirements.lock "$PYTHON" && cat geo/encode/kernels/*.py; } | key_of)
    if is_done compiled "$key" && [ -d geo/encode/kernels/__pycache__ ]; then return 0; fi
    say "geo/encode/kernels"
    "$PYTHON" -m geo.encode
    now_done compiled "$key"
}

venv_key() {
    { echo "$ROOT" && "$2" -VV && cat "$1" requirements-bootstrap.lock pyproject.toml; } | key_of
}

write_locks() {
    local words=(--universal --python-version "$OLDEST_PYTHON" --generate-hashes --no-emit-index-url --no-header
        --no-annotate --quiet)
    local hatchling
    hatchling=$(sed -n 's/^requires = \["\(hatchling==[^"]*\)"\]$/\1/p' pyproject.toml)
    [ -n "$hatchling" ] || fail "pyproject.toml: build-system.requires must pin hatchling"
    uv() { .venv/bin/uv pip compile "${words[@]}" "$@"; }
    # The largest first: the others agree with it, so that the three can be installed together.
    uv pyproject.toml --group dev -o requirements-dev.lock
    uv pyproject.toml -c requirements-dev.lock -o requirements.lock
    printf 'uv\neditables\n%s\n' "$hatchling" | uv - -c requirements-dev.lock -o requirements-bootstrap.lock
    # What is only compared with us: uvicorn with the parts that it is quickest with, the driver that needs no compiler.
    printf '%s\n' tipg pygeoapi 'uvicorn[standard]' gunicorn psycopg2-binary geoalchemy2 | uv - -o requirements-peers.lock
    ! grep -n '://' requirements*.lock || fail "a lock names an address"
}

# --- the browser's side ------------------------------------------------------------------------------------------

build_web() {
    local tools sources
    check_node
    tools=$({ echo "$ROOT" && node --version && npm --version && cat api/web/package.json api/web/package-lock.json; } | key_of)
    if ! { is_done web-tools "$tools" && [ -d api/web/node_modules ]; }; then
        say "npm ci (api/web)"
        # No package's own script runs: what is needed comes inside the packages.
        (cd api/web && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null >&2)
        now_done web-tools "$tools"
    fi
    sources=$({ echo "$tools" && web_sources | xargs -0 sha256sum; } | key_of)
    if ! { is_done web "$sources" && [ -n "$(ls -A api/static 2>/dev/null)" ]; }; then
        say "npm run build (api/web → api/static)"
        (cd api/web && npm run --silent build </dev/null >&2)
        now_done web "$sources"
    fi
}

web_sources() { find api/web -name node_modules -prune -o -type f -print0 | LC_ALL=C sort -z; }

main "$@"
