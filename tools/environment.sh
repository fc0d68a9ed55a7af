# Shared by ./run, ./test and CI; needs $root. POSIX sh.
# The stamp holds what the environment was made from, written last: while it matches, nothing is done.

_stamp_text() { # FILE...: this place and the files' text
    printf '%s\n' "$root"
    for _file in "$@"; do
        cat "$root/$_file"
    done
}

_find_python() {
    if [ -n "${VIRALSIM_PYTHON-}" ]; then
        printf '%s\n' "$VIRALSIM_PYTHON"
        return
    fi
    for _name in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$_name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$_name"
            return
        fi
    done
    echo "viralsim needs Python 3.11 or later; none was found. Install it, or name it: VIRALSIM_PYTHON=/path/to/python3 ./run" >&2
    return 1
}

_current() { # STAMP FILE...: the environment works and was made from just these files
    _stamp=$root/.venv/$1
    shift
    [ -f "$_stamp" ] && [ -x "$root/.venv/bin/python" ] && _stamp_text "$@" | cmp -s - "$_stamp"
}

make_environment() {
    _current viralsim-stamp pyproject.toml requirements.lock && return
    _python=$(_find_python)
    "$_python" "$root/tools/environment.py" base
}

add_extra() { # NAME: what an extra needs, from its own lock
    if [ ! -f "$root/requirements-$1.lock" ]; then
        return 0
    fi
    _current "viralsim-stamp-$1" "requirements-$1.lock" && return
    "$root/.venv/bin/python" "$root/tools/environment.py" "$1"
}
