// Reads what the example servers take from the environment. The names and defaults are part of the wire protocol.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';

/** A certificate with its private key, both PEM. */
export interface CertificateWithKey {
  readonly certificate: string;
  readonly privateKey: string;
}

/** What Play evidence must name, and how it is decoded. */
export interface PlaySettings {
  readonly packageName: string;
  readonly certificateSha256: readonly string[];
  readonly keys: { readonly decryptionKey: string; readonly verificationKey: string } | null;
  readonly apiUrl: string | null;
}

/** What Huawei evidence must name. */
export interface HuaweiSettings {
  readonly packageName: string;
  readonly certificateSha256: readonly string[];
  /** `null`: HMS tokens only, whose app id is then not asked for. */
  readonly appId: string | null;
  /** PEM, each one root; empty for the pinned roots of Huawei. */
  readonly roots: readonly string[];
}

/** All settings of an example server. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly statusPort: number;
  /** Public URL of the status listener; `null`: where it listens. Replicas must have the same. */
  readonly statusUrl: string | null;
  readonly storeUrl: string;
  readonly challengeSecret: string | null;
  readonly adminToken: string | null;
  /** Whether the enrolment endpoints are limited. */
  readonly rateLimits: boolean;
  readonly server: CertificateWithKey;
  readonly deviceCa: CertificateWithKey;
  /** Signs OCSP answers for the device CA; `null`: the CA does so itself. */
  readonly ocsp: CertificateWithKey | null;
  readonly bootstrapCa: string;
  readonly play: PlaySettings | null;
  readonly huawei: HuaweiSettings | null;
  readonly accessTokens: { readonly issuer: string; readonly audience: string; readonly jwks: string };
}

/** Reads the environment; throws with the name of what is missing. */
export function readSettings(): Settings {
  const dataDir = setting('DATA_DIR') ?? './data';
  const file = (name: string) => readFileSync(join(dataDir, name), 'utf8');
  if (!existsSync(join(dataDir, 'device-ca.pem'))) {
    throw new Error(`no certificates in ${dataDir}: run "npx device-trust init --dir ${dataDir}" first`);
  }
  return {
    host: setting('HOST') ?? '127.0.0.1',
    port: portOf('PORT', 8443),
    statusPort: portOf('STATUS_PORT', 8080),
    statusUrl: setting('STATUS_URL'),
    storeUrl: setting('STORE_URL') ?? `sqlite:${join(dataDir, 'device-trust.db')}`,
    challengeSecret: setting('CHALLENGE_SECRET'),
    adminToken: setting('ADMIN_TOKEN'),
    rateLimits: setting('RATE_LIMITS') === 'on',
    server: { certificate: file('server.pem'), privateKey: file('server.key') },
    deviceCa: { certificate: file('device-ca.pem'), privateKey: file('device-ca.key') },
    ocsp: existsSync(join(dataDir, 'ocsp.pem'))
      ? { certificate: file('ocsp.pem'), privateKey: file('ocsp.key') }
      : null,
    bootstrapCa: file('bootstrap-ca.pem'),
    play: readPlay(),
    huawei: readHuawei(),
    accessTokens: {
      issuer: required('ACCESS_TOKEN_ISSUER'),
      audience: required('ACCESS_TOKEN_AUDIENCE'),
      jwks: required('ACCESS_TOKEN_JWKS'),
    },
  };
}

function readPlay(): PlaySettings | null {
  const packageName = setting('PLAY_PACKAGE_NAME');
  if (packageName === null) return null;
  const decryptionKey = setting('PLAY_DECRYPTION_KEY');
  return {
    packageName,
    certificateSha256: required('PLAY_CERT_SHA256').split(','),
    keys: decryptionKey ? { decryptionKey, verificationKey: required('PLAY_VERIFICATION_KEY') } : null,
    apiUrl: setting('PLAY_API_URL'),
  };
}

function readHuawei(): HuaweiSettings | null {
  const packageName = setting('HUAWEI_PACKAGE_NAME');
  if (packageName === null) return null;
  const roots = setting('HUAWEI_ROOT_CA');
  return {
    packageName,
    certificateSha256: required('HUAWEI_CERT_SHA256').split(','),
    appId: setting('HUAWEI_APP_ID'),
    roots: roots ? splitPem(readFileSync(roots, 'utf8')) : [],
  };
}

function splitPem(text: string): readonly string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
}

function setting(name: string): string | null {
  const value = env[name]?.trim();
  return value === undefined || value === '' ? null : value;
}

function required(name: string): string {
  const value = setting(name);
  if (value === null) throw new Error(`the environment variable ${name} is not set`);
  return value;
}

function portOf(name: string, fallback: number): number {
  const port = Number(setting(name) ?? fallback);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error(`${name} is no port`);
  return port;
}
