# shellcheck shell=bash
# Requirement: the image debian:trixie-slim, which every image of the bundled stack starts from. Pulled, or made from
# Debian's packages where no registry can be reached.

debian_image=debian:trixie-slim
pull_seconds=60

debian_image_have() {
  local bytes
  bytes=$(docker image inspect --format '{{.Size}}' "$debian_image" 2>/dev/null) || return 1
  printf 'image %s (%s MB)' "$debian_image" "$((bytes / 1000000))"
}

debian_image_missing() {
  printf 'image %s: not there: docker pull %s' "$debian_image" "$debian_image"
  if ! can_apt_install; then printf ' (making it without a registry needs root on Debian or Ubuntu)'; fi
}

# Whether a pull works is known only by trying.
debian_image_can() { return 0; }
debian_image_doing() { printf 'getting image %s: pull, else debootstrap (about 40 s)' "$debian_image"; }

debian_image_install() {
  bounded "$pull_seconds" docker pull -q "$debian_image" && return 0
  can_make_debian_image || return 1
  has debootstrap || apt_install debootstrap || return 1
  make_debian_image "$work_directory/trixie" "$debian_image"
}

can_make_debian_image() {
  can_apt_install || { echo 'no registry answers, and making the image needs root on Debian or Ubuntu' && return 1; }
  local engine
  engine=$(docker version --format '{{.Server.Arch}}')
  [ "$engine" = "$(dpkg --print-architecture)" ] && return 0
  echo "no registry answers, and an image for an engine on $engine cannot be made on $(dpkg --print-architecture)"
  return 1
}

# make_debian_image <scratch directory> <image name>
make_debian_image() {
  local tree=$1 image=$2 script=/usr/share/debootstrap/scripts/trixie
  # A debootstrap older than Debian 13 knows it as sid only.
  [ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
  ensure_debian_key || return 1
  debootstrap --variant=minbase --keyring="$debian_keyring" trixie "$tree" "$(debian_mirror)" "$script" || return 1
  sh "$repo/scripts/base-images/debian/slim" "$tree" "$(debian_mirror)" "$(debian_security_mirror)" || return 1
  tar -C "$tree" --numeric-owner -c . | docker import \
    --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    --change 'CMD ["bash"]' \
    --change 'LABEL dev.stackctl.base=debootstrap org.opencontainers.image.version=trixie-slim' \
    --message 'made from Debian packages by scripts/setup' - "$image"
}

# Ubuntu trusts Debian's archive only once this package is there.
ensure_debian_key() {
  [ -r "$debian_keyring" ] || apt_install debian-archive-keyring
}
