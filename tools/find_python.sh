# Sourced by ./run and ./test: sets $python to a Python that Odoo 19 works with.

# The Python of the environment itself is no choice: it is what is made.
is_fitting() {
    "$1" -c 'import sys, venv, ssl
fits = (3, 10) <= sys.version_info[:2] <= (3, 13)
sys.exit(not fits or sys.prefix.startswith(sys.argv[1]))' "$here/.odoo/" >/dev/null 2>&1
}

# The Python that the environment was made with goes first, lest a change of PATH
# makes it anew.
made_with=$(sed -n 's/^home = //p' "$here/.odoo/python/pyvenv.cfg" 2>/dev/null)

python=
for candidate in ${PYTHON:+"$PYTHON"} ${made_with:+"$made_with/python3"} python3 python3.12 python3.11 python3.13 python3.10 \
    "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[0-3]*/bin/python; do
    if is_fitting "$candidate"; then
        python=$candidate
        break
    fi
done

if [ -z "$python" ]; then
    echo "Odoo 19 needs Python 3.10, 3.11, 3.12 or 3.13, with its modules venv and ssl." >&2
    echo "  -> Install one (on Debian: apt-get install python3 python3-venv)," >&2
    echo "  -> or give its path: PYTHON=/path/to/python3.12 $0" >&2
    exit 1
fi
