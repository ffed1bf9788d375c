#!/bin/sh
# Made the certificates beside it, with OpenSSL 3.0: an authority, and of one key three certificates for a
# server on this machine: a good one, an expired one, and one for another name. They guard nothing.
set -eu
cd "$(dirname "$0")"
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 36500 -subj "/CN=fanin tests" \
  -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign"
openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj "/CN=fanin test server"
sign() { # file, name, days
  printf 'subjectAltName=%s\nbasicConstraints=CA:FALSE\n' "$2" > extensions
  openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days "$3" \
    -extfile extensions -out "$1"
}
sign good.pem IP:127.0.0.1 36500
sign expired.pem IP:127.0.0.1 -1
sign other-name.pem DNS:mirror.example 36500
rm -f ca.key ca.srl server.csr extensions
