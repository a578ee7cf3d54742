# shellcheck shell=bash
# The tests of an engine over ssh need sshd. It is installed on the throw-away machines of CI only: on somebody's own
# machine the package would open it to the network. There those tests are skipped when it is missing.

sshd_have() {
  if [ -x /usr/sbin/sshd ]; then
    printf 'sshd for the tests'
  elif [ -z "${CI:-}" ]; then
    printf 'no sshd: the tests of an engine over ssh are skipped'
  else
    return 1
  fi
}

sshd_missing() { printf 'sshd: no OpenSSH server for the tests: sudo apt-get update && sudo apt-get install -y openssh-server'; }
sshd_can() { can_apt_install; }
sshd_doing() { printf 'installing openssh-server (about 10 s)'; }
sshd_install() { apt_install openssh-server; }
