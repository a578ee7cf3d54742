# shellcheck shell=bash
# Debian packages: into the system (root), or only fetched, from a source of our own that the system never hears of.

debian_keyring=${STACKCTL_DEBIAN_KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}
apt_directory=/etc/apt

# Fresh machines have no package lists yet, so the second try comes after an update.
apt_install() {
  apt_install_now "$@" && return 0
  apt-get -o DPkg::Lock::Timeout=120 update && apt_install_now "$@"
}

apt_install_now() {
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$@"
}

# apt_fetch <source: trixie|system> <package>: leaves the package's files in <work directory>/apt-<source>/files.
# Needs no root: lists, cache and sources are there, too. Unsigned sources are refused whatever the system's settings are.
apt_fetch() {
  local source=$1 package=$2 directory=$work_directory/apt-$1
  mkdir -p "$directory/lists/partial" "$directory/cache/archives/partial" "$directory/no-parts" "$directory/files" || return 1
  if [ ! -e "$directory/updated" ]; then
    write_apt_configuration "$directory" "$source" || return 1
    APT_CONFIG="$directory/apt.conf" apt-get update || return 1
    touch "$directory/updated"
  fi
  (cd "$directory/cache/archives" && APT_CONFIG="$directory/apt.conf" apt-get download "$package") || return 1
  dpkg-deb -x "$directory"/cache/archives/"$package"_*.deb "$directory/files"
}

write_apt_configuration() {
  local directory=$1 source=$2
  {
    echo "Dir::State::lists \"$directory/lists\";"
    echo "Dir::Cache \"$directory/cache\";"
    echo 'APT::Get::AllowUnauthenticated "false";'
    echo 'Acquire::AllowInsecureRepositories "false";'
    echo 'Acquire::AllowWeakRepositories "false";'
    echo 'Acquire::AllowDowngradeToInsecureRepositories "false";'
    echo 'Acquire::Languages "none";'
    echo 'APT::Update::Error-Mode "any";'
    # The whole directory is ours and vanishes; the download user could not write to it.
    if is_root; then echo 'APT::Sandbox::User "root";'; fi
    if [ "$source" = trixie ]; then
      echo "Dir::Etc::sourcelist \"$directory/sources.list\";"
      echo "Dir::Etc::sourceparts \"$directory/no-parts\";"
    fi
  } >"$directory/apt.conf"
  echo "deb [signed-by=$debian_keyring] $(debian_mirror) trixie main" >"$directory/sources.list"
}

# The mirror that this system takes Debian from, so that a local or company mirror is used for everything.
debian_mirror() { first_uri debian || echo http://deb.debian.org/debian; }
debian_security_mirror() { first_uri debian-security || echo http://deb.debian.org/debian-security; }

# The first source whose path ends in the given name, in either of apt's two notations. (Not head: closing the pipe early
# would count as a failure of what writes to it.)
first_uri() {
  [ "$(os_release ID)" = debian ] || return 1
  { cat "$apt_directory"/sources.list "$apt_directory"/sources.list.d/*.list "$apt_directory"/sources.list.d/*.sources 2>/dev/null || true; } |
    sed -n -e 's/^URIs: *//p' -e 's/^deb  *\(\[[^]]*\] *\)\{0,1\}\([^ ]*\) .*/\2/p' |
    tr ' ' '\n' | sed 's:/*$::' | grep -E "^https?://.*/$1\$" | awk 'NR == 1' | grep .
}
