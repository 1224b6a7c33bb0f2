// stores/memory: imports core, contracts and this folder only.

import type { CertificateName } from '../../contracts/certificate-store.js';

/** A map by the name of a certificate. */
export interface NameMap<T> {
  get(name: CertificateName): T | undefined;
  set(name: CertificateName, value: T): void;
  delete(name: CertificateName): void;
}

/** Two maps, one inside the other: no key has to be put together for a look-up. */
export function createNameMap<T>(): NameMap<T> {
  const byIssuer = new Map<string, Map<string, T>>();
  return {
    get: ({ issuerId, serialNumber }) => byIssuer.get(issuerId)?.get(serialNumber),
    set({ issuerId, serialNumber }, value) {
      const bySerial = byIssuer.get(issuerId) ?? new Map<string, T>();
      byIssuer.set(issuerId, bySerial.set(serialNumber, value));
    },
    delete({ issuerId, serialNumber }) {
      byIssuer.get(issuerId)?.delete(serialNumber);
    },
  };
}
