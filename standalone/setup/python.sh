#!/usr/bin/env bash
# Prints the Python to make .venv from: $PYTHON, or the first 3.11 to 3.13 that can make one.
# usage: standalone/setup/python.sh [any|headers]
#   any: also one whose `venv` is not installed yet; headers: only one that libraries can be built for
set -u
modules="sys, venv, ensurepip"
[ "${1:-}" = any ] && modules=sys
[ "${1:-}" = headers ] && modules='sys, sysconfig; open(sysconfig.get_path("include") + "/Python.h")'
for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
  "$name" -c "import $modules; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))" 2>/dev/null || continue
  echo "$name"
  exit 0
done
echo "There is no Python 3.11, 3.12 or 3.13 with its venv module on this machine." >&2
echo "Install one (python3 and python3-venv), or name it: make PYTHON=/path/to/python3.12 …" >&2
exit 1
