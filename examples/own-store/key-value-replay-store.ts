import { UnavailableError, type ReplayStore } from 'device-trust';

export interface KeyValueClient {
  /** Sets the key unless it is there; resolves to the value that was there, or `null` if it was set. */
  setIfAbsent(key: string, value: string, expiresAt: Date): Promise<string | null>;
}

export function createKeyValueReplayStore(client: KeyValueClient): ReplayStore {
  return {
    async consume({ id, holder, expiresAt }) {
      let first: string | null;
      try {
        first = await client.setIfAbsent(`replay:${id}`, holder, expiresAt);
      } catch (cause) {
        throw new UnavailableError('store_unavailable', {
          message: 'the key-value store could not be asked',
          cause,
        });
      }
      return first === null ? { outcome: 'consumed' } : { outcome: 'already_consumed', holder: first };
    },
  };
}
