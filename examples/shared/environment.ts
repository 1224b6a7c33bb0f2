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

/** How the hardware of Android phones is believed; the app is that of Play. */
export interface AndroidSettings {
  readonly packageName: string;
  readonly certificateSha256: readonly string[];
  /** SHA-256 of boot keys that are trusted besides those of phone makers, such as those of GrapheneOS. */
  readonly bootKeys: readonly string[];
  /** PEM, each one root; empty for the pinned roots of Google. */
  readonly roots: readonly string[];
  /** Where the status list is; `null`: at Google, or with roots of a test nowhere. */
  readonly statusUrl: string | null;
}

/** What App Attest evidence must name. */
export interface AppleSettings {
  /** `TEAMID.bundle`. */
  readonly appId: string;
  /** PEM, each one root; empty for the pinned root of Apple. */
  readonly roots: readonly string[];
}

/** What key attestations of HarmonyOS must name. */
export interface HarmonyOsSettings {
  readonly bundleName: string;
  readonly appIdentifier: string;
  /** PEM, each one root; empty for the pinned root of Huawei. */
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
  readonly android: AndroidSettings | null;
  readonly apple: AppleSettings | null;
  readonly harmonyOs: HarmonyOsSettings | null;
  /** Whether devices that are known get extensions while a vendor cannot be asked. */
  readonly outagePolicy: boolean;
  /** For how long an answer of a vendor to a question of ours is believed, in seconds; `null`: as usual. */
  readonly probeMemorySeconds: number | null;
  /** The longest life of a certificate, in seconds; `null`: that of its tier. */
  readonly maxLifetimeSeconds: number | null;
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
    android: readAndroid(),
    apple: readApple(),
    harmonyOs: readHarmonyOs(),
    outagePolicy: setting('OUTAGE_POLICY') === 'on',
    probeMemorySeconds: readNumber('PROBE_MEMORY_SECONDS'),
    maxLifetimeSeconds: readNumber('MAX_LIFETIME_SECONDS'),
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
  return {
    packageName,
    certificateSha256: required('HUAWEI_CERT_SHA256').split(','),
    appId: setting('HUAWEI_APP_ID'),
    roots: readRoots('HUAWEI_ROOT_CA'),
  };
}

function readAndroid(): AndroidSettings | null {
  const packageName = setting('PLAY_PACKAGE_NAME');
  if (packageName === null) return null;
  return {
    packageName,
    certificateSha256: required('PLAY_CERT_SHA256').split(','),
    bootKeys: setting('ANDROID_BOOT_KEYS')?.split(',') ?? [],
    roots: readRoots('ANDROID_ATTESTATION_ROOTS'),
    statusUrl: setting('ANDROID_ATTESTATION_STATUS_URL'),
  };
}

function readApple(): AppleSettings | null {
  const appId = setting('APPLE_APP_ID');
  return appId === null ? null : { appId, roots: readRoots('APPLE_ATTESTATION_ROOT') };
}

function readHarmonyOs(): HarmonyOsSettings | null {
  const appIdentifier = setting('HARMONYOS_APP_IDENTIFIER');
  if (appIdentifier === null) return null;
  const bundleName = required('HUAWEI_PACKAGE_NAME');
  return { bundleName, appIdentifier, roots: readRoots('HARMONYOS_ATTESTATION_ROOT') };
}

function readRoots(name: string): readonly string[] {
  const path = setting(name);
  return path === null ? [] : splitPem(readFileSync(path, 'utf8'));
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

function readNumber(name: string): number | null {
  const value = setting(name);
  return value === null ? null : Number(value);
}

function portOf(name: string, fallback: number): number {
  const port = Number(setting(name) ?? fallback);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error(`${name} is no port`);
  return port;
}
