// core: imports core only.

import type { ClientAction } from './client-action.js';
import type {
  ConfigurationErrorCode,
  ErrorCode,
  MalformedErrorCode,
  RejectedErrorCode,
  UnavailableErrorCode,
} from './error-code.js';
import type { ReasonCode } from './reason-code.js';

/** What every error of the library may carry besides its code. */
export interface ErrorDetails {
  /** One sentence for the person who reads the log. Never holds a token, a key or a whole certificate. */
  readonly message: string;
  /** What was thrown underneath. */
  readonly cause?: unknown;
}

/**
 * The base of every error that the library throws on purpose.
 *
 * Four classes, cut by who must act: {@link ConfigurationError} the developer, {@link MalformedError} the client,
 * {@link RejectedError} the owner of the device, {@link UnavailableError} operations. `code` is from a closed union
 * and stable by semantic versioning; see `docs/errors.md`.
 */
export abstract class DeviceTrustError extends Error {
  abstract readonly code: ErrorCode;

  constructor(details: ErrorDetails) {
    super(details.message, 'cause' in details ? { cause: details.cause } : undefined);
    this.name = new.target.name;
  }
}

/** The developer must act: an option is missing, contradictory or unsafe. Thrown by `create...` functions, or where only use shows it. */
export class ConfigurationError extends DeviceTrustError {
  readonly code: ConfigurationErrorCode = 'configuration_invalid';
  /** Path of the option, such as `tiers[0].lifetimeSeconds`. */
  readonly option: string;

  constructor(option: string, details: ErrorDetails) {
    super({ ...details, message: `${option}: ${details.message}` });
    this.option = option;
  }
}

/** The client must act: it sent something that is not in the agreed format. Nothing has been used up. */
export class MalformedError extends DeviceTrustError {
  readonly code: MalformedErrorCode;

  constructor(code: MalformedErrorCode, details: ErrorDetails) {
    super(details);
    this.code = code;
  }
}

/** What a {@link RejectedError} may carry besides its code. */
export interface RejectedErrorDetails extends ErrorDetails {
  readonly reasons?: readonly ReasonCode[];
  readonly action?: ClientAction;
  readonly retryAfterSeconds?: number;
}

/** The owner of the device must act: the request is well formed, and the answer is no. */
export class RejectedError extends DeviceTrustError {
  readonly code: RejectedErrorCode;
  /** Each check that failed, for the audit trail; empty where the code says it all. */
  readonly reasons: readonly ReasonCode[];
  /** What the policy wants the client to do next; `null` where that follows from the code. */
  readonly action: ClientAction | null;
  /** After how many seconds a new try makes sense; `null` where that is not for us to say. */
  readonly retryAfterSeconds: number | null;

  constructor(code: RejectedErrorCode, details: RejectedErrorDetails) {
    super(details);
    this.code = code;
    this.reasons = details.reasons ?? [];
    this.action = details.action ?? null;
    this.retryAfterSeconds = details.retryAfterSeconds ?? null;
  }
}

/** Operations must act: something that has to be asked could not be asked. Never a yes; the client may try again. */
export class UnavailableError extends DeviceTrustError {
  readonly code: UnavailableErrorCode;
  /** After how many seconds a new try makes sense. */
  readonly retryAfterSeconds: number;

  constructor(code: UnavailableErrorCode, details: ErrorDetails & { readonly retryAfterSeconds?: number }) {
    super(details);
    this.code = code;
    this.retryAfterSeconds = details.retryAfterSeconds ?? 5;
  }
}
