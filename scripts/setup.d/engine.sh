# shellcheck shell=bash
# Requirement: a Docker Engine that answers, however it is configured (socket, DOCKER_HOST, context, Docker Desktop).

engine_answer_seconds=60
engine_log=/var/log/dockerd.log

engine_have() {
  local version
  has docker && version=$(bounded 10 docker version --format '{{.Server.Version}}' 2>/dev/null) && [ -n "$version" ] || return 1
  printf 'docker engine %s' "${version%%+*}"
}

engine_missing() {
  if is_elsewhere; then
    printf 'docker engine: %s does not answer: start that engine, or choose another (DOCKER_HOST, docker context use)' \
      "$(configured_engine)"
  elif is_macos; then
    printf 'docker engine: none answers: start Docker Desktop (install it first if it is not there), then run this again'
  elif is_socket_forbidden; then
    printf 'docker engine: /var/run/docker.sock is not open to %s: sudo usermod -aG docker %s, then log in again' \
      "$(id -un)" "$(id -un)"
  elif is_engine_installed; then
    printf 'docker engine: installed but not running: %s' "$(start_command)"
  elif is_debian_like; then
    engine_missing_on_debian
  else
    printf 'docker engine: none answers, and %s is not a system that setup can install it on: install Docker Engine 20.10 or newer, its compose plugin %s or newer and its buildx plugin, then start the engine' \
      "$(system_name)" "$minimum_compose"
  fi
}

engine_missing_on_debian() {
  if is_root; then
    printf 'docker engine: none answers: apt-get update && apt-get install -y docker.io && %s' "$(start_command)"
  else
    printf 'docker engine: none answers: sudo apt-get update && sudo apt-get install -y docker.io && sudo usermod -aG docker %s, then log in again' \
      "$(id -un)"
  fi
}

engine_can() { is_root && is_linux && ! is_elsewhere && { is_engine_installed || is_debian_like; }; }

engine_doing() {
  if is_engine_installed; then
    printf 'starting the docker engine (about 5 s)'
  else
    printf 'installing docker.io (about 30 s)'
  fi
}

engine_install() {
  is_engine_installed || apt_install docker.io || return 1
  # From Debian 13 on the command line is a package of its own, and only recommended.
  has docker || apt_install docker-cli || return 1
  start_engine
}

# The user chose an engine: installing another one beside it would not help.
is_elsewhere() {
  [ -n "${DOCKER_HOST:-}" ] && return 0
  local context=${DOCKER_CONTEXT:-}
  [ -n "$context" ] || context=$(has docker && docker context show 2>/dev/null) || context=default
  [ "$context" != default ]
}

configured_engine() {
  if [ -n "${DOCKER_HOST:-}" ]; then
    echo "DOCKER_HOST=$DOCKER_HOST"
  else
    echo "docker context '${DOCKER_CONTEXT:-$(docker context show 2>/dev/null)}'"
  fi
}

is_socket_forbidden() { [ -S /var/run/docker.sock ] && has docker && [ ! -w /var/run/docker.sock ]; }
is_engine_installed() { has docker && { has dockerd || [ -x /usr/sbin/dockerd ]; }; }
is_systemd() { [ -d /run/systemd/system ] && has systemctl; }

start_command() {
  local sudo=''
  is_root || sudo='sudo '
  if is_systemd; then echo "${sudo}systemctl start docker"; else echo "${sudo}dockerd (it stays in the foreground)"; fi
}


start_engine() {
  if is_systemd; then
    systemctl start docker && wait_for_engine
    return
  fi
  # Installing the package may have started it, and a daemon that is still starting holds its own lock.
  if ! is_process_named dockerd; then
    remove_stale_pid /var/run/docker.pid dockerd
    remove_stale_pid /var/run/docker/containerd/containerd.pid containerd
    launch_daemon
  fi
  wait_for_engine
}

# In a session of its own: it outlives the terminal, and no signal to this script reaches it. exec and 9>&-, or a shell that
# waits for the daemon would keep the lock of setup and the pipes of its caller open for ever.
launch_daemon() { (cd / && exec setsid nohup dockerd >>"$engine_log" 2>&1 </dev/null 9>&-) & }

wait_for_engine() {
  local deadline=$((SECONDS + engine_answer_seconds))
  until engine_have >/dev/null; do
    if [ "$SECONDS" -ge "$deadline" ]; then
      echo "the docker engine did not answer within $engine_answer_seconds s; last lines of its log:"
      if is_systemd; then journalctl -u docker -n 15 --no-pager; else tail -n 15 "$engine_log"; fi
      return 1
    fi
    sleep 0.5
  done
}

is_process_named() {
  local comm
  for comm in /proc/[0-9]*/comm; do
    if [ "$(cat "$comm" 2>/dev/null)" = "$1" ]; then return 0; fi
  done
  return 1
}

# remove_stale_pid <file> <program>: a daemon that was killed leaves its file behind, and another process may have got its
# number since; the daemon would then refuse to start. Kept when that very program still runs under the number.
remove_stale_pid() {
  local file=$1 program=$2 pid
  [ -f "$file" ] || return 0
  pid=$(tr -cd '0-9' <"$file")
  if [ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$program" ]; then return 0; fi
  echo "removing $file: no $program runs as process ${pid:-(none)}"
  rm -f "$file"
}
