// testing: may import everything; nothing imports it.

/**
 * Freezes an object and everything in it, so that whoever changes it throws. Byte arrays and the time of a `Date` cannot be
 * frozen: compare those.
 */
export function freezeDeeply<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const member of Object.values(value)) freezeDeeply(member);
  return Object.freeze(value);
}
