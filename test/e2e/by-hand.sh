#!/usr/bin/env bash
# The life of a device by hand: openssl makes key, CSR and binding, curl speaks to an example server.
# Usage: by-hand.sh express|fastify|hono      (after `npm ci`; exits 0 only if every step went as it must)
set -euo pipefail
framework=${1:-express}
project=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
server=
finish() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap finish EXIT
cd "$project"
tokens() { node --import tsx test/e2e/make-token.ts "$@"; }
base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
field() { node -e 'let d=JSON.parse(require("fs").readFileSync(0,"utf8"));for(const k of process.argv[1].split("."))d=d[k];process.stdout.write(String(d))' -- "$1"; }
expect() { # what, wanted status, file with the answer (body, then status on a line of its own), wanted code
  local status code=
  status=$(tail -n 1 "$3")
  if [ $# -gt 3 ]; then code=$(head -n -1 "$3" | field code); fi
  if [ "$status" != "$2" ] || [ "$code" != "${4:-}" ]; then
    echo "FAILED: $1: wanted $2 ${4:-}, got $status $code"; cat "$3"; exit 1
  fi
  echo "ok: $1 ($status${code:+ $code})"
}

echo "1. Certificates, and the keys that Play Console and the identity provider would give"
node dist/cli.js init --dir "$work/data" >"$work/init.log"
openssl rand -base64 32 >"$work/play-decryption.key"
openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt >"$work/play-signing.key"
openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt >"$work/id.key"
tokens jwks "$work/id.key" >"$work/jwks.json"

echo "2. The $framework server"
DATA_DIR="$work/data" PORT=0 STATUS_PORT=0 ADMIN_TOKEN=only-administrators-know-this \
  CHALLENGE_SECRET=a-secret-that-all-replicas-would-share \
  PLAY_PACKAGE_NAME=com.example.app \
  PLAY_CERT_SHA256=84:83:bb:ec:82:62:66:52:9a:ff:29:7b:d3:bf:0e:fb:ce:86:64:cf:f6:88:05:df:20:78:6f:8e:1b:92:99:9f \
  PLAY_DECRYPTION_KEY=$(cat "$work/play-decryption.key") \
  PLAY_VERIFICATION_KEY=$(openssl pkey -in "$work/play-signing.key" -pubout -outform DER | openssl base64 -A) \
  ACCESS_TOKEN_ISSUER=https://id.example.com ACCESS_TOKEN_AUDIENCE=https://api.example.com ACCESS_TOKEN_JWKS="$work/jwks.json" \
  node --import tsx "examples/$framework/server.ts" >"$work/server.log" 2>&1 &
server=$!
for _ in $(seq 1 150); do grep -qs '^ready ' "$work/server.log" && break; sleep 0.2; done
ready=$(grep '^ready ' "$work/server.log") || { cat "$work/server.log"; exit 1; }
mtls=${ready#*mtls=https://127.0.0.1}; mtls="https://localhost${mtls%% *}"
status=${ready#*status=}
api="$mtls/device-trust/v1"
ask() { # files of the client certificate, then curl's own arguments
  local name=$1; shift
  curl -sS --max-time 20 --cacert "$work/data/root-ca.pem" --cert "$name.pem" --key "$name.key" -w '\n%{http_code}\n' "$@"
}
bootstrap="$work/data/bootstrap"
json=(-H 'content-type: application/json')

if curl -sS --max-time 10 --cacert "$work/data/root-ca.pem" "$mtls/account/resource" >"$work/none" 2>&1; then
  echo "FAILED: a client without a certificate got an answer"; exit 1
fi
echo "ok: a client without a certificate is refused in the handshake"
ask "$bootstrap" "$mtls/account/resource" >"$work/a"
expect "the bootstrap certificate on an application route" 403 "$work/a" device_certificate_required

echo "3. A key, a CSR, a challenge, a Play token bound to both"
request() { # purpose, certificate to ask with, key to certify; leaves the request in $work/request.json
  ask "$2" "${json[@]}" -d "{\"purpose\":\"$1\"}" "$api/challenges" >"$work/challenge"
  expect "a challenge to $1" 201 "$work/challenge"
  local challenge binding
  challenge=$(head -n 1 "$work/challenge" | field challenge)
  { printf 'device-trust/v1\0'
    node -e 'process.stdout.write(Buffer.from(process.argv[1],"base64url"))' -- "$challenge" | openssl dgst -sha256 -binary
    openssl pkey -in "$3" -pubout -outform DER | openssl dgst -sha256 -binary
  } | openssl dgst -sha256 -binary >"$work/binding"
  binding=$(base64url <"$work/binding")
  openssl req -new -key "$3" -subj / -out "$work/device.csr"
  node -e 'const [csr,challenge,token]=process.argv.slice(1);process.stdout.write(JSON.stringify({csr,challenge,evidence:{provider:"play-integrity",token},device:{platform:"android"}}))' -- \
    "$(cat "$work/device.csr")" "$challenge" "$(tokens play "$work/play-decryption.key" "$work/play-signing.key" "$binding")" >"$work/request.json"
}
keep() { # answer -> certificate files of that name
  head -n -1 "$1" | field certificate >"$2.pem"
  head -n -1 "$1" | field chain.0 >>"$2.pem"
}
openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt >"$work/first.key"
request enroll "$bootstrap" "$work/first.key"
ask "$bootstrap" "${json[@]}" -d @"$work/request.json" "$api/certificates" >"$work/a"
expect "enrolment" 201 "$work/a"
keep "$work/a" "$work/first"
ask "$bootstrap" "${json[@]}" -d @"$work/request.json" "$api/certificates" >"$work/b"
expect "the same request again" 201 "$work/b"
cmp -s "$work/a" "$work/b" || { echo "FAILED: it is not the same certificate"; exit 1; }
echo "ok: ... answers the same certificate"
head -n -1 "$work/a" | field chain.0 >"$work/device-ca.pem"
openssl verify -CAfile "$work/data/root-ca.pem" -untrusted "$work/device-ca.pem" -purpose sslclient -x509_strict "$work/first.pem"

echo "4. The account, with certificate and token"
bearer="authorization: Bearer $(tokens access "$work/id.key" alice)"
ask "$work/first" -H "$bearer" "$mtls/account/resource" >"$work/a"
expect "both" 200 "$work/a"
ask "$work/first" "$mtls/account/resource" >"$work/a"
expect "no token" 401 "$work/a" access_token_missing

echo "5. Renewal, with a new key"
openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt >"$work/second.key"
request renew "$work/first" "$work/second.key"
ask "$work/first" "${json[@]}" -d @"$work/request.json" "$api/certificates/renew" >"$work/a"
expect "renewal" 201 "$work/a"
keep "$work/a" "$work/second"
serial=$(head -n -1 "$work/a" | field serialNumber)
ask "$work/first" -H "$bearer" "$mtls/account/resource" >"$work/a"; expect "the old one still works" 200 "$work/a"
ask "$work/second" -H "$bearer" "$mtls/account/resource" >"$work/a"; expect "the new one works" 200 "$work/a"
ask "$work/first" -H "$bearer" "$mtls/account/resource" >"$work/a"; expect "now the old one does not" 403 "$work/a" certificate_superseded

echo "6. Revocation, on a connection that stays open"
# One curl, one connection: a request, the revocation (held up until it is done), the request again.
mkfifo "$work/config"
ask_config() { printf 'url = "%s"\nheader = "%s"\noutput = "%s"\n' "$mtls/account/resource" "$bearer" "$1"; }
{ ask_config "$work/before"; printf 'write-out = "%%{http_code} %%{num_connects}\\n"\nnext\n'
  printf 'url = "%s/admin/revocations"\nheader = "authorization: Bearer only-administrators-know-this"\n' "$api"
  printf 'header = "content-type: application/json"\ndata = "{\\"serialNumber\\":\\"%s\\",\\"reason\\":\\"keyCompromise\\"}"\noutput = "%s"\n' "$serial" "$work/revoked"
  printf 'cacert = "%s"\ncert = "%s"\nkey = "%s"\nwrite-out = "%%{http_code} %%{num_connects}\\n"\nnext\n' "$work/data/root-ca.pem" "$work/second.pem" "$work/second.key"
  ask_config "$work/after"; printf 'cacert = "%s"\ncert = "%s"\nkey = "%s"\nwrite-out = "%%{http_code} %%{num_connects}\\n"\n' "$work/data/root-ca.pem" "$work/second.pem" "$work/second.key"
} >"$work/config" &
curl -sS --max-time 30 --cacert "$work/data/root-ca.pem" --cert "$work/second.pem" --key "$work/second.key" -K "$work/config" >"$work/codes"
[ "$(tr '\n' ';' <"$work/codes")" = "200 1;200 0;403 0;" ] || { echo "FAILED: $(cat "$work/codes")"; cat "$work/after"; exit 1; }
[ "$(field code <"$work/after")" = certificate_revoked ] || { cat "$work/after"; exit 1; }
echo "ok: 200, revoked, 403 certificate_revoked, all on one connection"

echo "7. The CRL that the certificate names"
url=$(openssl x509 -in "$work/second.pem" -noout -ext crlDistributionPoints | sed -n 's/.*URI://p')
for _ in $(seq 1 12); do
  curl -sS --max-time 10 "$url" | openssl crl -inform DER -out "$work/shard.pem"
  openssl crl -in "$work/shard.pem" -noout -text | grep -qi "Serial Number: $serial" && break
  sleep 1
done
if openssl verify -CAfile "$work/data/root-ca.pem" -untrusted "$work/device-ca.pem" -CRLfile "$work/shard.pem" -crl_check "$work/second.pem" >"$work/verify" 2>&1; then
  echo "FAILED: openssl still accepts the revoked certificate"; exit 1
fi
grep -q 'certificate revoked' "$work/verify" || { cat "$work/verify"; exit 1; }
echo "ok: openssl refuses it by the CRL at ${url#"$status"}"
echo "done: every step went as it must"
