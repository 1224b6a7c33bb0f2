import type { UnverifiedEvidence } from '../../src/index.js';
import { peerOf, type Backend, type JsonAnswer } from '../backend.js';
import type { StoresAddress } from './open-stores.js';

/** One request; sent again, it is the same request. */
export type Act =
  | {
      readonly kind: 'enroll' | 'renew';
      /** PEM of the certificate that the connection shows. */
      readonly peer: string;
      readonly csr: string;
      readonly challenge: string;
      readonly evidence: UnverifiedEvidence;
    }
  | { readonly kind: 'revoke'; readonly body: Record<string, unknown> };

/** `during`: the operation has been begun, and its answer is not waited for. */
export type Moment = 'before' | 'during' | 'after';

/** What a process is to do and when to die, and all that it shares with the others. */
export interface Assignment {
  readonly stores: StoresAddress;
  /** Time of day, ISO 8601. */
  readonly now: string;
  /** PEM. */
  readonly issuer: { readonly certificate: string; readonly privateKey: string };
  /** PEM. */
  readonly bootstrapIssuer: string;
  readonly play: {
    readonly packageName: string;
    readonly certificateSha256: string;
    readonly decryptionKey: string;
    readonly verificationKey: string;
  };
  readonly act: Act;
  /** Which one of the operations of the stores and the signatures, counted from 1; all of them, or only those that are no reads. */
  readonly death: { readonly operation: number; readonly moment: Moment; readonly reads: boolean };
  /** File to which each certificate is appended as soon as it is signed: base64 DER, one a line. */
  readonly signed: string;
}

/** What a process tells that came to the end of its act alive. */
export interface Completion {
  readonly status: number;
  readonly body: Record<string, unknown>;
  /** Names of the operations that it took, in order. */
  readonly operations: readonly string[];
}

/** Does an act: in the process that dies, and again in the one that lives on. */
export async function perform(backend: Backend, act: Act): Promise<JsonAnswer> {
  if (act.kind === 'revoke') return backend.revoke(act.body);
  return backend[act.kind]({ ...act, peer: peerOf(act.peer) });
}
