#!/usr/bin/env bash
# Installs the system's packages that Lectern needs and this machine lacks; says which and why first.
# usage: standalone/setup/packages.sh run|test      (Debian 12, Ubuntu 24.04; as root or with sudo)
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

case ${1:-} in
  run) purpose="to run Lectern" ;;
  test) purpose="for the tests" ;;
  *) echo "usage: $0 run|test" >&2; exit 2 ;;
esac

missing=() # package names
reasons=() # one line each

need() { # PACKAGE WHY CHECK...: the check is a command that succeeds when it is there already
  local package=$1 why=$2
  shift 2
  "$@" >/dev/null 2>&1 && return
  missing+=("$package")
  reasons+=("$(printf '  %-32s %s' "$package" "$why")")
}

on_path() { command -v "$1"; }
installed() { dpkg-query -W -f '${Status}' "$1" | grep -qx 'install ok installed'; }
node_18() { on_path node && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 18 ]; }

python_with_venv() {
  "$(dirname "$0")/python.sh"
}

needs_to_run() {
  need python3 "the language it is written in (3.11 to 3.13)" "$(dirname "$0")/python.sh" any
  need python3-venv "an environment of its own for its libraries" python_with_venv
  need mosquitto "the broker between classrooms and the fleet" on_path mosquitto
  need ffmpeg "records and joins pictures and sound" on_path ffmpeg
  need gcc "builds the library that listens to microphones" on_path gcc
  need portaudio19-dev "listens to microphones" installed portaudio19-dev
  need python3-dev "builds the library that listens to microphones" "$(dirname "$0")/python.sh" headers
  need libasound2-plugins "listens to microphones through PulseAudio" installed libasound2-plugins
  need fonts-dejavu-core "letters for the sample lesson's slides" installed fonts-dejavu-core
  need nodejs "fetches the pages' player" node_18
  need npm "fetches the pages' player" on_path npm
}

needs_to_test() {
  need git "says which files are the project's" on_path git
  need xvfb "a screen to record" on_path Xvfb
  need pulseaudio "a microphone to record" on_path pulseaudio
  need pulseaudio-utils "plays into that microphone" on_path paplay
  need socat "two ends of a serial line" on_path socat
  need nut-server "a pretend UPS, and the server it is asked through" on_path upsd
  need nut-client "asks that server, as a judge" on_path upsc
  need espeak-ng "speaks in the test lesson" on_path espeak-ng
  need python3-gi "drives the network camera below" installed python3-gi
  need gir1.2-gst-rtsp-server-1.0 "a network camera over RTSP" installed gir1.2-gst-rtsp-server-1.0
  need gstreamer1.0-plugins-base "its picture" installed gstreamer1.0-plugins-base
  need gstreamer1.0-plugins-good "its RTP" installed gstreamer1.0-plugins-good
  need gstreamer1.0-plugins-ugly "its H.264 encoder" installed gstreamer1.0-plugins-ugly
  need gstreamer1.0-x "the clock in its picture" installed gstreamer1.0-x
  need faketime "steps the clock in mid-lesson" on_path faketime
  need postgresql "the large database, beside SQLite" test -n "$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null)"
  need victoria-metrics "a metric store, spoken to as InfluxDB 2" on_path victoria-metrics
  need influxdb "a metric store, spoken to as InfluxDB 1" on_path influxd
  need nginx-light "the peer of the upload benchmark" on_path nginx
  need curl "the peer of the upload benchmark" on_path curl
  need iproute2 "a bad line, in a network namespace" on_path ip
  need util-linux "ends children with their parent" on_path setpriv
  need libatomic1 "the browser tests' driver is linked to it" installed libatomic1
  need fonts-noto-core "Arabic and other scripts in screenshots" installed fonts-noto-core
  need fonts-noto-cjk "Chinese in screenshots" installed fonts-noto-cjk
  # Ubuntu has Chromium as a snap only, which containers and servers often cannot run.
  if grep -qi '^ID=ubuntu' /etc/os-release; then
    on_path chromium >/dev/null || echo "Chromium is a snap on Ubuntu; without it the browser tests are skipped."
  else
    need chromium "the pages in a real browser" on_path chromium
  fi
}

"needs_to_$1"
if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi

echo "Installing ${#missing[@]} system packages $purpose:"
printf '%s\n' "${reasons[@]}"

if ! command -v apt-get >/dev/null; then
  echo "This system has no apt-get. Install what is listed above by its own means, then start again." >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "That needs root, and there is no sudo. Have an administrator run:" >&2
    echo "  apt-get install -y --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1 && return
  tail -n 25 "$log" >&2
  echo "apt-get $1 failed; the lines above say why." >&2
  exit 1
}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt update
apt install -y --no-install-recommends "${missing[@]}"
echo "Installed."
