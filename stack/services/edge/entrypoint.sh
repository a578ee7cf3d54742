#!/bin/sh
# Picks the servers that nginx offers, with or without TLS, and becomes nginx.
set -eu

certificate=${EDGE_TLS_CERTIFICATE:-/run/secrets/tls_certificate}
key=${EDGE_TLS_KEY:-/run/secrets/tls_key}

fail() {
  printf '{"level":"fatal","service":"edge","msg":"%s"}\n' "$1" >&2
  exit 1
}

case ${EDGE_TLS:-off} in
  off)
    servers=servers-plain.conf
    ;;
  on)
    for file in "$certificate" "$key"; do
      [ -r "$file" ] || fail "EDGE_TLS=on, but $file cannot be read; give the secrets tls_certificate and tls_key, owned by 10001"
    done
    servers=servers-tls.conf
    printf 'ssl_certificate %s;\nssl_certificate_key %s;\n' "$certificate" "$key" > /tmp/tls.conf
    ;;
  *)
    fail "EDGE_TLS is ${EDGE_TLS}; it must be on or off"
    ;;
esac
printf 'include /etc/nginx/%s;\n' "$servers" > /tmp/servers.conf

exec nginx -e stderr -g 'daemon off;'
