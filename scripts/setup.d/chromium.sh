# shellcheck shell=bash
# Requirement of the tests only: a Chromium or Chrome for the browser tests of the shop.

chromium_have() {
  local browser
  browser=$(find_chromium) || return 1
  printf 'browser %s' "$browser"
}

chromium_missing() {
  if is_debian_like && ! is_ubuntu_like; then
    printf 'browser: no Chromium for the browser tests: sudo apt-get update && sudo apt-get install -y chromium'
  else
    printf 'browser: no Chromium for the browser tests: install Chromium or Google Chrome'
  fi
}

# Ubuntu's package is only a pointer to a snap, which does not work without a full system around it.
chromium_can() { can_apt_install && ! is_ubuntu_like; }
chromium_doing() { printf 'installing chromium (about 60 s)'; }
chromium_install() { apt_install chromium; }

find_chromium() {
  local name
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if has "$name"; then command -v "$name" && return 0; fi
  done
  for name in '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' '/Applications/Chromium.app/Contents/MacOS/Chromium'; do
    if [ -x "$name" ]; then echo "$name" && return 0; fi
  done
  return 1
}
