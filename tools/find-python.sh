#!/bin/sh
# Print the path of the Python for the virtual environment: the one that is given, or else the first that is new enough.
given=$1

fit() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

for candidate in ${given:+"$given"} python3 python3.14 python3.13 python3.12 python3.11 python; do
    if fit "$candidate"; then
        command -v "$candidate"
        exit 0
    fi
    if [ -n "$given" ]; then
        echo "PYTHON=$given is not a Python 3.11 or newer. Give another one:  make PYTHON=/path/to/python3" >&2
        exit 1
    fi
done
echo "Python 3.11 or newer is needed and none was found. Install one (Debian: apt install python3 python3-venv, macOS: brew install python3), or name it:  make PYTHON=/path/to/python3" >&2
exit 1
