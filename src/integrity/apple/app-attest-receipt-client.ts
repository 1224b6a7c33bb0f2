// integrity/apple: imports core, vendor, x509 and this folder only.

import { createPrivateKey, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { equalBytes, sha256Hex } from '../../core/bytes.js';
import { systemClock, type Clock } from '../../core/clock.js';
import { ConfigurationError, MalformedError, RejectedError, UnavailableError } from '../../core/errors.js';
import { systemFetch, type HttpFetch } from '../../core/http-fetch.js';
import { assertSecureUrl } from '../../core/secure-url.js';
import type { VendorCallOptions } from '../../vendor/vendor-call-options.js';
import { createVendorCalls, type VendorCallsState } from '../../vendor/vendor-calls.js';
import type { Certificate } from '../../x509/certificate.js';
import type { AppAttestEnvironment } from './app-attest-environment.js';
import { type AppAttestReceipt, parseAppAttestReceipt } from './parse-app-attest-receipt.js';
import { parseRoots } from '../../x509/parse-roots.js';
import { APPLE_ROOT_CA_G3 } from './pinned-roots.js';
import { requestReceipt } from './request-receipt.js';
import { verifyReceipt } from './verify-receipt.js';

/** Options of {@link createAppAttestReceiptClient}. */
export interface AppAttestReceiptClientOptions {
  /** The team at Apple: ten characters. */
  readonly teamId: string;
  /** Name of the DeviceCheck key of the team: ten characters. */
  readonly keyId: string;
  /** The DeviceCheck key as Apple gives it, a `.p8` file: PKCS #8 PEM, P-256. */
  readonly privateKey: string;
  /** Default: `production`. */
  readonly environment?: AppAttestEnvironment;
  /** `https:`, or `http:` on this machine. Default: Apple's server for the environment. */
  readonly apiUrl?: string;
  /** Carries the calls to Apple. Default: the `fetch` of the runtime. */
  readonly fetch?: HttpFetch;
  /** How long one attempt may take: more than 0, at most 60. Default: 10. */
  readonly timeoutSeconds?: number;
  /** How often and how many at once Apple is asked, and when it is left alone. Default: as described there. */
  readonly calls?: VendorCallOptions;
  /** Trust anchors of receipts as PEM, instead of Apple Root CA - G3. Default: the pinned root. */
  readonly receiptRoots?: readonly string[];
  /** Default: the clock of the machine. */
  readonly clock?: Clock;
}

/** How {@link AppAttestReceiptClient.refresh} ended. */
export type RefreshReceiptOutcome =
  | {
      readonly outcome: 'refreshed';
      /** The newer receipt: keep it in place of the other. */
      readonly receipt: Uint8Array;
      /** What it says, verified. */
      readonly content: AppAttestReceipt;
    }
  /** Apple gives out a newer receipt later; `notBefore` says when, if it is known. */
  | { readonly outcome: 'not_yet'; readonly notBefore: Date | null };

/** Gets newer receipts from Apple, for their risk metric. */
export interface AppAttestReceiptClient {
  /**
   * Asks Apple for a newer receipt, but not before the time that the receipt at hand names. What Apple has certainly not looked
   * at is asked again, a few times and with pauses.
   *
   * @throws MalformedError `evidence_malformed` if the receipt at hand is none
   * @throws UnavailableError `provider_unavailable`, `provider_quota_exhausted`, `provider_misconfigured`, `provider_overloaded`.
   *   Nothing has happened: keep the receipt, and ask again another day
   */
  refresh(request: {
    readonly receipt: Uint8Array;
    readonly signal?: AbortSignal;
  }): Promise<RefreshReceiptOutcome>;
  /** What becomes of the calls to Apple in this process. */
  readonly state: VendorCallsState;
}

const servers: Readonly<Record<AppAttestEnvironment, string>> = {
  production: 'https://data.appattest.apple.com',
  development: 'https://data-development.appattest.apple.com',
};

/**
 * Creates a client for the risk metric of Apple ("Assessing fraud risk"): about how many keys an app had attested on a device in
 * the last 30 days. Nothing on the way of an enrolment needs it; ask now and then, in the background, for keys in use.
 *
 * A newer receipt is verified as any receipt is, and must be for the key and app of the one at hand.
 *
 * @throws ConfigurationError if an option is not as described
 */
export function createAppAttestReceiptClient(options: AppAttestReceiptClientOptions): AppAttestReceiptClient {
  const { teamId, keyId, fetch = systemFetch, clock = systemClock } = options;
  const { privateKey, url, anchors } = checkOptions(options);
  const calls = createVendorCalls<Uint8Array | null>({
    ...options.calls,
    timeoutSeconds: options.timeoutSeconds ?? 10,
  });

  async function createToken(now: Date): Promise<string> {
    return new SignJWT()
      .setProtectedHeader({ alg: 'ES256', kid: keyId })
      .setIssuer(teamId)
      .setIssuedAt(now)
      .sign(privateKey);
  }

  return {
    get state() {
      return calls.state;
    },
    async refresh({ receipt, signal }) {
      const now = clock.now();
      const known = parseAppAttestReceipt(receipt);
      const { notBefore } = known;
      if (notBefore !== null && now < notBefore) return { outcome: 'not_yet', notBefore };
      const token = await createToken(now);
      const newer = await calls.run({
        // All who ask for the successor of one receipt share one call.
        key: sha256Hex(receipt),
        attempt: (attemptSignal) => requestReceipt({ fetch, url, token, receipt, signal: attemptSignal }),
        ...(signal ? { signal } : {}),
      });
      if (newer === null) return { outcome: 'not_yet', notBefore: null };
      return { outcome: 'refreshed', receipt: newer, content: verifyAnswer(newer, known, anchors, now) };
    },
  };
}

/** An answer that is no proof is the fault of whoever answered, not of the device. */
function verifyAnswer(
  receipt: Uint8Array,
  known: AppAttestReceipt,
  anchors: readonly Certificate[],
  now: Date,
): AppAttestReceipt {
  let content: AppAttestReceipt;
  try {
    content = verifyReceipt(receipt, anchors, now);
  } catch (cause) {
    if (!(cause instanceof MalformedError) && !(cause instanceof RejectedError)) throw cause;
    throw new UnavailableError('provider_unavailable', {
      message: 'the receipt that Apple answered with does not verify',
      cause,
    });
  }
  const isSameKey = content.appId === known.appId && equalBytes(content.certificate, known.certificate);
  if (isSameKey && content.type === 'RECEIPT') return content;
  throw new UnavailableError('provider_unavailable', {
    message: 'the receipt that Apple answered with is of another key or type',
  });
}

function checkOptions(options: AppAttestReceiptClientOptions): {
  readonly privateKey: KeyObject;
  readonly url: string;
  readonly anchors: readonly Certificate[];
} {
  const { environment = 'production' } = options;
  for (const name of ['teamId', 'keyId'] as const) {
    if (/^[A-Z0-9]{10}$/.test(options[name])) continue;
    throw new ConfigurationError(name, { message: 'must be ten capital letters and digits' });
  }
  if (!Object.hasOwn(servers, environment)) {
    throw new ConfigurationError('environment', { message: 'must be production or development' });
  }
  const apiUrl = options.apiUrl ?? servers[environment];
  if (!URL.canParse(apiUrl)) throw new ConfigurationError('apiUrl', { message: 'must be a URL' });
  assertSecureUrl('apiUrl', new URL(apiUrl));
  return {
    privateKey: readPrivateKey(options.privateKey),
    url: `${apiUrl.replace(/\/$/, '')}/v1/attestationData`,
    anchors: parseRoots('receiptRoots', options.receiptRoots ?? [APPLE_ROOT_CA_G3]),
  };
}

function readPrivateKey(pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    // Without the cause: it could quote the key.
    throw new ConfigurationError('privateKey', { message: 'must be a private key as PEM' });
  }
  if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  throw new ConfigurationError('privateKey', { message: 'must be a key on P-256' });
}
