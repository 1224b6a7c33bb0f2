// stores/memory: imports core, contracts and this folder only.

import { MalformedError } from '../../core/errors.js';
import type { LeaseStore } from '../../contracts/lease-store.js';
import { assertLength } from './assert-length.js';

/** Leases among the parts of one process, by the time of the caller. */
export function createMemoryLeaseStore(): LeaseStore {
  const leases = new Map<string, { readonly holder: string; readonly endsAt: number }>();
  return {
    async acquireLease({ name, holder, lifetimeSeconds, now }) {
      assertLength('name of a lease', name);
      assertLength('holder of a lease', holder);
      if (!(lifetimeSeconds >= 1 && lifetimeSeconds <= 3600)) {
        throw new MalformedError('request_malformed', { message: 'a lease lives 1 to 3600 seconds' });
      }
      const held = leases.get(name);
      if (held && held.holder !== holder && held.endsAt > now.getTime()) return false;
      leases.set(name, { holder, endsAt: now.getTime() + lifetimeSeconds * 1000 });
      return true;
    },
    async releaseLease({ name, holder }) {
      assertLength('name of a lease', name);
      assertLength('holder of a lease', holder);
      if (leases.get(name)?.holder === holder) leases.delete(name);
    },
  };
}
