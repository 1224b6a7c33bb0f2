// integrity/apple: imports core and this folder only.

import { equalBytes, sha256 } from '../../core/bytes.js';
import { ConfigurationError } from '../../core/errors.js';

/** The name of an app at Apple: the team that signs it, and its bundle. */
export interface AppId {
  /** `TEAMID.bundle`, such as `A1B2C3D4E5.com.example.app`. */
  readonly text: string;
  /** SHA-256 of `text`: how authenticator data names the app. */
  readonly hash: Uint8Array;
}

/** Ten characters, a dot, and a CFBundleIdentifier: Apple allows no underscore in one, and has one in its own sample. */
const APP_ID = /^[A-Z0-9]{10}(?:\.[A-Za-z0-9_-]+)+$/;

/**
 * Reads the option `appIds`.
 *
 * @throws ConfigurationError
 */
export function createAppIds(texts: readonly string[]): readonly AppId[] {
  if (texts.length === 0) throw new ConfigurationError('appIds', { message: 'at least one is needed' });
  return texts.map((text, index) => {
    if (!APP_ID.test(text)) {
      throw new ConfigurationError(`appIds[${index}]`, {
        message: 'must be a team and a bundle, such as A1B2C3D4E5.com.example.app',
      });
    }
    return { text, hash: sha256(Buffer.from(text)) };
  });
}

/** The app that authenticator data names; `null` if it is none of these. */
export function findAppId(appIds: readonly AppId[], rpIdHash: Uint8Array): AppId | null {
  return appIds.find(({ hash }) => equalBytes(hash, rpIdHash)) ?? null;
}
