// core: imports nothing of ours.

import { randomBytes } from 'node:crypto';

/** Gives `size` bytes from a cryptographically secure source. */
export type Random = (size: number) => Uint8Array;

/** The random source of the operating system. */
export const systemRandom: Random = (size) => randomBytes(size);
