// cli: imports core, contracts, x509, ca, audit, revocation and stores.

/** The event in the text of an audit entry; `null` of text that is none. Whoever can write to the store can write anything there. */
export function readEvent(body: string): Readonly<Record<string, unknown>> | null {
  try {
    return asObject(JSON.parse(body));
  } catch {
    return null;
  }
}

/** The members of a JSON object; `null` of anything else. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : null;
}
