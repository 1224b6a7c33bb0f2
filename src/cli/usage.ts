// cli: imports core, contracts, x509, ca, audit, revocation and stores.

/** What the command can do, as it tells who asks. */
export const USAGE = `device-trust - certificates of devices

  device-trust init --dir DIR [--name NAME] [--release RELEASE] [--host HOST ...]
      Makes a root, an issuing CA for devices, a CA for bootstrap certificates, one
      bootstrap certificate (also as PKCS#12) and a server certificate. Overwrites nothing.

      --name      goes into the names of the CAs (default: device-trust)
      --release   name of the app release that the bootstrap certificate is for (default: 1)
      --host      a DNS name or IP address of the server; may be repeated
                  (default: localhost and 127.0.0.1)

  device-trust inspect FILE...
      Says in plain words what is in a CSR, certificate, CRL or evidence token, and
      what of it would be refused. PEM, DER or the text of a token; "-" reads standard input.

  device-trust devices [FILTER] [--limit N] [--after CURSOR] [--count] [--json]
      Lists the latest certificate of each device, 100 at a time (--limit, at most 1000),
      and the cursor of the next page; with --count only how many devices there are.
  device-trust devices ID [--json]
      Shows one device: its state, its certificates, the decisions about it.

  device-trust revoke (--serial HEX | --device ID [--ban] | --key SHA256 | FILTER)
          --reason REASON [--note TEXT] [--actor NAME] [--dry-run]
      Revokes one certificate, device (suspended; for good with --ban) or key with its
      certificates, or all certificates of a filter that have not ended. A batch can be
      interrupted, and goes on with --after CURSOR, as it says on standard error.

      --reason    unspecified, keyCompromise (blocks the keys too), affiliationChanged,
                  superseded, cessationOfOperation or privilegeWithdrawn
      --actor     who does it, for the audit trail (default: your user name)
      --dry-run   says what would be revoked, and changes nothing
      --issuer    for --serial: id of the issuing CA, 40 hex digits; may be repeated
      --dir       for --serial: folder with device-ca.pem (default: DATA_DIR, else ./data)

  device-trust reinstate --device ID [--note TEXT] [--actor NAME]
      Lets a suspended or banned device enrol again. Its old certificates stay revoked.

  device-trust audit verify [--anchor SEQUENCE:HASH]
      Proves the chain of the audit trail, and prints its head: keep it elsewhere and pass
      it as --anchor the next time. Ends with 1 and the place if something is wrong.
  device-trust audit list [--device ID] [--limit N] [--after ENTRY] [--json]
      Lists the audit trail, 100 entries at a time.

  device-trust observed [--since TIME] [--by LIST] [--json]
      Says which certificates of the audit trail would have been refused, if what is only
      observed were enforced: how many requests and devices, and their share of all issued.

      --by        one or more of reason, model, app-version, with commas (default: reason);
                  model and app version are claims of the app

  device-trust crl
      Lists the published CRLs; warns of those that are over 1 MB or out of date.
  device-trust crl --issuer ID --shard N|full --out FILE [--pem]
      Writes one to a file, DER or PEM, in place of what was there.

FILTER is one or more of these; what is meant is that to which all apply:
  --tier TIER             --provider PROVIDER     --app-version VERSION (a claim of the app)
  --release SHA256        of the bootstrap certificate that the device enrolled with
  --enrolled-from TIME    --enrolled-before TIME  --ends-before TIME
TIME is a day in UTC (2026-03-01) or a time (2026-03-01T12:00:00Z).

All verbs but init and inspect open the store of the service:
  --store URL             sqlite:PATH, postgres://... or redis://... (default: STORE_URL,
                          which keeps a password out of the list of processes)
  --redis-as-only-store   consent that redis needs: a failover may lose what was acknowledged

Exit codes: 0 done, 1 refused or failed, 2 not a call that there is.
`;
