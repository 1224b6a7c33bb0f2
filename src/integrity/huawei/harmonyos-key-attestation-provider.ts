// integrity/huawei: imports core, contracts, x509 and this folder only.

import type { IntegrityProvider, VerifyEvidenceRequest } from '../../contracts/integrity-provider.js';
import { decodeBase64, equalBytes } from '../../core/bytes.js';
import { ConfigurationError, MalformedError, RejectedError } from '../../core/errors.js';
import type { ReasonCode } from '../../core/reason-code.js';
import { parseCertificate, type Certificate } from '../../x509/certificate.js';
import { verifyChain } from '../../x509/chain.js';
import {
  HARMONYOS_KEY_ATTESTATION,
  type HarmonyOsKeyAttestationVerdict,
} from './harmonyos-key-attestation-verdict.js';
import {
  HARMONYOS_ATTESTATION,
  parseHarmonyOsAttestation,
  type HarmonyOsAttestation,
} from './parse-harmonyos-attestation.js';
import { parseRoots } from '../../x509/parse-roots.js';
import { HUAWEI_CBG_ECC_DEVICE_ATTESTATION_ROOT_CA_1 } from './pinned-roots.js';
import { findHarmonyOsFaults, type HarmonyOsExpectation } from './verify-harmonyos-attestation.js';

/** Options of {@link createHarmonyOsKeyAttestationProvider}. */
export interface HarmonyOsKeyAttestationProviderOptions {
  /** Bundle name of the app, such as `com.example.app`. */
  readonly bundleName: string;
  /** App ids, `<bundle name>_<base64>`, of which the app must have one. At least one of these or of `appIdentifiers`. */
  readonly appIds?: readonly string[];
  /** App identifiers of AppGallery Connect, of which the app must have one. Phones before API 20 name none. */
  readonly appIdentifiers?: readonly string[];
  /** Trust anchors as PEM, instead of Huawei CBG ECC Device Attestation Root CA 1. */
  readonly roots?: readonly string[];
  /**
   * Accepts debug builds. Default: false.
   *
   * @deprecated dangerous: anybody can attach a debugger to a debug build. Never in production.
   */
  readonly dangerouslyAcceptDebugBuilds?: boolean;
}

/** Provider of HarmonyOS key attestation evidence. */
export interface HarmonyOsKeyAttestationProvider extends IntegrityProvider {
  readonly name: typeof HARMONYOS_KEY_ATTESTATION;
  verify(request: VerifyEvidenceRequest): Promise<HarmonyOsKeyAttestationVerdict>;
}

/** The same options without the mark on the dangerous one, for the one place that has to read it. */
interface ProviderOptions extends Omit<
  HarmonyOsKeyAttestationProviderOptions,
  'dangerouslyAcceptDebugBuilds'
> {
  readonly dangerouslyAcceptDebugBuilds?: boolean;
}

/** Three certificates online, four with the offline interface; the root may be left out. */
const MIN_CERTIFICATES = 2;
const MAX_CERTIFICATES = 4;
const MAX_ENTRY_LENGTH = 16_384;

/**
 * Verifies key attestations of HarmonyOS NEXT (`huks.anonAttestKeyItem`), without asking Huawei: evidence
 * `{ "provider": "harmonyos-key-attestation", "chain": [base64 DER, leaf first] }`.
 *
 * The challenge of the attestation must be that of the server, byte for byte, and the attested key must be the key of the
 * certification request. The key must have been generated in the trusted execution environment, by our app, as a release.
 *
 * The verdict is `basic`: it proves where the key is and, as far as the operating system can be believed, whose it is. It does not
 * say how the system booted; evidence of SysIntegrity beside it does. Revocation is not looked at: the leaf says that there is none
 * (RFC 9608), and Huawei's guide asks for none.
 *
 * Refusals: `evidence_malformed`; `evidence_rejected` with `chain_length_refused`, `attestation_missing`,
 * `attestation_repeated`, `attested_key_mismatch`, `binding_missing`, `binding_mismatch`, `attestation_incomplete`,
 * `app_package_mismatch`, `app_id_mismatch`, `app_mode_refused`, `key_not_generated`, `key_manager_refused`,
 * `security_level_too_low`, or the reasons of {@link verifyChain}. There are no failures: nobody is asked.
 *
 * Source: HarmonyOS guides "Key attestation" and "Device attestation, server side".
 *
 * @throws ConfigurationError if an option is not as described
 */
export function createHarmonyOsKeyAttestationProvider(
  options: HarmonyOsKeyAttestationProviderOptions,
): HarmonyOsKeyAttestationProvider {
  const rules = checkRules(options);
  const anchors = parseRoots('roots', options.roots ?? [HUAWEI_CBG_ECC_DEVICE_ATTESTATION_ROOT_CA_1]);
  return {
    name: HARMONYOS_KEY_ATTESTATION,
    async verify({ evidence, expected, now }) {
      if (evidence.provider !== HARMONYOS_KEY_ATTESTATION) {
        throw malformed(`the evidence is not of ${HARMONYOS_KEY_ATTESTATION}`);
      }
      const certificates = parseChain(evidence['chain']);
      const leaf = verifyCertificates(certificates, anchors, now);
      const attestation = findAttestation(certificates, leaf);
      const reasons = new Set<ReasonCode>(findHarmonyOsFaults(attestation, rules, expected));
      if (!equalBytes(leaf.publicKey.spki, expected.publicKey)) reasons.add('attested_key_mismatch');
      if (reasons.size > 0) throw rejected([...reasons]);
      return describe(attestation, leaf, rules);
    },
  };
}

function parseChain(chain: unknown): readonly Certificate[] {
  if (!Array.isArray(chain)) throw malformed('chain must be a list');
  const entries: readonly unknown[] = chain;
  if (entries.length < MIN_CERTIFICATES || entries.length > MAX_CERTIFICATES) {
    throw rejected(['chain_length_refused']);
  }
  return entries.map((entry) => {
    const der = typeof entry === 'string' && entry.length <= MAX_ENTRY_LENGTH ? decodeBase64(entry) : null;
    if (der === null) throw malformed('an entry of chain is not base64');
    return inWordsOfEvidence(() => parseCertificate(der));
  });
}

function verifyCertificates(
  certificates: readonly Certificate[],
  anchors: readonly Certificate[],
  now: Date,
): Certificate {
  return inWordsOfEvidence(() => verifyChain({ certificates, anchors, now, extendedKeyUsage: null }).leaf);
}

/** Only the certificate of the key may attest: those above it belong to Huawei, and attest nothing. */
function findAttestation(certificates: readonly Certificate[], leaf: Certificate): HarmonyOsAttestation {
  const attesting = certificates.filter(({ extensions }) =>
    extensions.all.some(({ type }) => type === HARMONYOS_ATTESTATION),
  );
  if (attesting.some((certificate) => certificate !== leaf)) throw rejected(['attestation_repeated']);
  const extension = leaf.extensions.all.find(({ type }) => type === HARMONYOS_ATTESTATION);
  if (extension === undefined) throw rejected(['attestation_missing']);
  return parseHarmonyOsAttestation(extension.value);
}

function describe(
  attestation: HarmonyOsAttestation,
  leaf: Certificate,
  { bundleName }: HarmonyOsExpectation,
): HarmonyOsKeyAttestationVerdict {
  const { app, model, version } = attestation;
  const { appId = null, appIdentifier = null, appMode = null } = app?.value ?? {};
  return {
    provider: HARMONYOS_KEY_ATTESTATION,
    kind: 'key-attestation',
    issuedAt: leaf.notBefore,
    app: {
      packageName: bundleName,
      certificateSha256: [],
      version: null,
      recognition: 'recognized',
      licensing: 'unevaluated',
    },
    device: {
      integrity: 'basic',
      labels: ['security-level:tee', ...(appMode === null ? [] : [`app-mode:${appMode}`])],
    },
    details: { version, bundleName, appId, appIdentifier, appMode, model: model?.value ?? null },
  };
}

function checkRules(options: ProviderOptions): HarmonyOsExpectation {
  const { bundleName, appIds = [], appIdentifiers = [], dangerouslyAcceptDebugBuilds = false } = options;
  if (!/^[A-Za-z]\w*(\.[A-Za-z]\w*)+$/.test(bundleName)) {
    throw new ConfigurationError('bundleName', { message: 'must be a name such as com.example.app' });
  }
  if (appIds.length + appIdentifiers.length === 0) {
    throw new ConfigurationError('appIds', { message: 'one of these or of appIdentifiers is needed' });
  }
  for (const [index, appId] of appIds.entries()) {
    if (!appId.startsWith(`${bundleName}_`) || appId.length === bundleName.length + 1) {
      throw new ConfigurationError(`appIds[${index}]`, { message: 'must be the bundle name, _, and a key' });
    }
  }
  for (const [index, identifier] of appIdentifiers.entries()) {
    if (identifier === '')
      throw new ConfigurationError(`appIdentifiers[${index}]`, { message: 'must not be empty' });
  }
  return {
    bundleName,
    appIds: [...appIds],
    appIdentifiers: [...appIdentifiers],
    acceptDebugBuilds: dangerouslyAcceptDebugBuilds,
  };
}

/** Says in the words of evidence what is said in those of certificates. */
function inWordsOfEvidence<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof RejectedError) throw rejected(cause.reasons, cause);
    throw new MalformedError('evidence_malformed', {
      message: 'an entry of chain is not a certificate',
      cause,
    });
  }
}

function malformed(message: string): MalformedError {
  return new MalformedError('evidence_malformed', { message });
}

function rejected(reasons: readonly ReasonCode[], cause?: unknown): RejectedError {
  return new RejectedError('evidence_rejected', {
    message: `the HarmonyOS key attestation is no proof for this request: ${reasons.join(', ')}`,
    reasons,
    cause,
  });
}
