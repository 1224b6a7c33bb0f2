// Chains of real Android phones: `android/manifest.json` says of each what is expected, and when it is to be judged.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeviceTrustError, RejectedError } from 'device-trust';
import {
  createFixedStatusList,
  createKeyAttestationFacts,
  findStatusFault,
  googleAttestationRoots,
  parseAttestationRoots,
  requireGenerated,
  requireSecurityLevel,
  requireVerifiedBoot,
  verifyAttestationChain,
  type AttestationStatuses,
} from 'device-trust/android-key-attestation';
import { parseCertificate, parsePem, type Certificate } from 'device-trust/x509';
import type { SampleOutcome } from './sample-outcome.js';

/** What the manifest says of a chain, as far as it is needed here. */
interface Sample {
  readonly id: string;
  readonly file: string;
  readonly verifyAt: string;
  readonly referenceRulesVerdict?: string;
  readonly strictBootVerdict?: string;
  readonly expectedChallengeHex?: string;
  readonly keyDescription?: {
    readonly hardwareEnforced?: {
      readonly rootOfTrust?: {
        readonly verifiedBootKey: string;
        readonly deviceLocked: boolean;
        readonly verifiedBootState: number;
      };
    };
  };
}

/** Which rules a chain is judged by. */
interface Rules {
  readonly statuses: AttestationStatuses;
  /** Whether the boot must be verified, and which systems are then trusted beside those of the makers of phones. */
  readonly boot?: { readonly keys: readonly string[] };
  readonly attestKeys?: 'accept';
}

/** GrapheneOS on a Pixel 9, as its own verifier lists it. */
const ALLOWED_BOOT_KEY = '9e6a8f3e0d761a780179f93acd5721ba1ab7c8c537c7761073c0a754b0e932de';

const anchors = parseAttestationRoots(googleAttestationRoots);

/** Judges every chain of the folder by the rules of `android/keyattestation`, and by those with verified boot on top. */
export async function verifyAndroidSamples(folder: string): Promise<readonly SampleOutcome[]> {
  const home = join(folder, 'android');
  if (!existsSync(join(home, 'manifest.json'))) return [];
  const { vectors } = readJson(join(home, 'manifest.json')) as { readonly vectors: readonly Sample[] };
  const snapshot = join(home, 'status', 'status-2025-01-snapshot.json');
  const statuses = await loadStatuses(existsSync(snapshot) ? readJson(snapshot) : { entries: {} });
  const outcomes = vectors.flatMap((sample) => {
    const file = join(home, sample.file);
    const judge = (rules: Omit<Rules, 'statuses'>) =>
      existsSync(file)
        ? judgeChain(readFileSync(file, 'utf8'), sample, { statuses, ...rules })
        : `ERROR: there is no ${sample.file}`;
    const { id, referenceRulesVerdict: reference, strictBootVerdict: strictBoot } = sample;
    return [
      ...(reference === undefined ? [] : [outcome(id, 'reference', reference, judge({}))]),
      ...(strictBoot === undefined
        ? []
        : [outcome(id, 'boot policy', strictBoot, judge({ boot: { keys: [] } }))]),
      ...judgeWithAttestKeys(sample, judge),
    ];
  });
  return [...outcomes, ...(await judgeListedCertificate(home))];
}

/** Chains that the reference refuses only for the attestation key of an app: where that is accepted, the boot decides. */
function judgeWithAttestKeys(
  sample: Sample,
  judge: (rules: Omit<Rules, 'statuses'>) => string,
): readonly SampleOutcome[] {
  if (sample.referenceRulesVerdict?.includes('ATTEST_KEY chain') !== true) return [];
  const boot = sample.keyDescription?.hardwareEnforced?.rootOfTrust;
  const isVerified = boot?.deviceLocked === true && boot.verifiedBootState === 0;
  const isListed =
    boot?.deviceLocked === true &&
    boot.verifiedBootState === 1 &&
    boot.verifiedBootKey.toLowerCase() === ALLOWED_BOOT_KEY;
  const expect = (accepted: boolean) => (accepted ? 'ACCEPT' : 'REJECT');
  const attestKeys = 'accept';
  return [
    outcome(
      sample.id,
      'attest keys, boot policy',
      expect(isVerified),
      judge({ attestKeys, boot: { keys: [] } }),
    ),
    outcome(
      sample.id,
      'attest keys, boot policy, GrapheneOS listed',
      expect(isVerified || isListed),
      judge({ attestKeys, boot: { keys: [ALLOWED_BOOT_KEY] } }),
    ),
  ];
}

/** A certificate that Google's own test list has as suspended. */
async function judgeListedCertificate(home: string): Promise<readonly SampleOutcome[]> {
  const name = 'cert-listed-in-google-fixture';
  const list = join(home, 'status', 'status-google-test-fixture.json');
  const file = join(home, 'status', `${name}.pem`);
  if (!existsSync(list) || !existsSync(file)) return [];
  const statuses = await loadStatuses(readJson(list));
  const certificates = readCertificates(readFileSync(file, 'utf8'));
  return (['refuse', 'accept'] as const).map((suspended) => {
    const fault = findStatusFault(certificates, statuses, suspended);
    const expected = suspended === 'refuse' ? 'REJECT' : 'ACCEPT';
    return outcome(
      name,
      `status list, suspended: ${suspended}`,
      expected,
      fault === null ? 'ACCEPT' : `REJECT: ${fault}`,
    );
  });
}

/** `ACCEPT`, `REJECT: <reasons>`, or what went wrong. */
function judgeChain(pem: string, sample: Sample, rules: Rules): string {
  try {
    const reasons = findReasons(readCertificates(pem), sample, rules);
    return reasons.length === 0 ? 'ACCEPT' : `REJECT: ${reasons.join(', ')}`;
  } catch (error) {
    if (!(error instanceof DeviceTrustError)) return `ERROR: ${String(error)}`;
    return `REJECT: ${error instanceof RejectedError ? error.reasons.join(', ') : error.code}`;
  }
}

/**
 * The rules of the reference: a genuine chain, none of it revoked (suspended passes), a key generated in hardware of one
 * level, and the state of the boot told, whatever it is. The reference knows every tag and refuses others.
 */
function findReasons(certificates: readonly Certificate[], sample: Sample, rules: Rules): readonly string[] {
  const now = new Date(sample.verifyAt);
  const { attestKeys = 'refuse', boot, statuses } = rules;
  const attestation = verifyAttestationChain({ certificates, anchors, now, attestKeys });
  const facts = createKeyAttestationFacts(attestation, new Set(boot?.keys));
  const { keyDescription } = facts;
  const requirements = [requireSecurityLevel('trusted-environment'), requireGenerated()];
  if (boot) requirements.push(requireVerifiedBoot());
  const reasons = requirements.flatMap((requirement) => requirement.evaluate(facts, now)).map(String);
  const statusFault = findStatusFault(certificates, statuses, 'accept');
  if (statusFault !== null) reasons.push(statusFault);
  if (facts.boot === null) reasons.push('attestation_incomplete');
  const { softwareEnforced, hardwareEnforced } = keyDescription;
  if (softwareEnforced.unknownTags.length + hardwareEnforced.unknownTags.length > 0) {
    reasons.push('unknown tag');
  }
  const challenge = sample.expectedChallengeHex?.toLowerCase() ?? keyDescription.attestationChallenge;
  if (challenge !== keyDescription.attestationChallenge) reasons.push('binding_mismatch');
  return reasons;
}

/** Only the word counts: the manifest says why in words of its own. */
function outcome(sample: string, rule: string, expected: string, got: string): SampleOutcome {
  const wordOf = (text: string) => text.split(/\W/)[0];
  return { sample, rule, expected, got, asExpected: wordOf(expected) === wordOf(got) };
}

function readCertificates(pem: string): readonly Certificate[] {
  return parsePem(pem, 'CERTIFICATE').map(parseCertificate);
}

async function loadStatuses(json: unknown): Promise<AttestationStatuses> {
  return createFixedStatusList(json).load();
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
