// core: imports core only.

import { ConfigurationError } from './errors.js';

/** One trust tier: how much was proven about a device when its certificate was issued. */
export interface Tier {
  /** Lower-case name, such as `device`. */
  readonly name: string;
  /**
   * Certificate policy OID that carries the tier in a device certificate, in dotted form. It must never change its
   * meaning once certificates carry it.
   */
  readonly oid: string;
  /** How long a certificate of this tier lives, in seconds. */
  readonly lifetimeSeconds: number;
}

/** The tiers of a team in order, weakest first. */
export interface TierScale {
  readonly tiers: readonly Tier[];
  /** The tier of that name, or `undefined`. */
  find(name: string): Tier | undefined;
  /** The tier with that certificate policy OID, or `undefined`. */
  findByOid(oid: string): Tier | undefined;
  /** True if `name` is `minimum` or stronger; false also if either is not a tier of this scale. */
  atLeast(name: string, minimum: string): boolean;
}

const DAY_SECONDS = 24 * 60 * 60;

/**
 * The arc under which the default tiers live. 32473 is the enterprise number kept for examples (RFC 5612): only relying
 * parties of your own private CA ever see it, and a UUID arc (2.25) does not parse in GnuTLS. A team with an
 * enterprise number of its own passes its own tiers.
 */
const DEFAULT_ARC = '1.3.6.1.4.1.32473.1';

/** `none` (no evidence, 1 day), `basic` (3 days), `device` (7 days), `strong` (14 days). */
export const defaultTiers: readonly Tier[] = [
  { name: 'none', oid: `${DEFAULT_ARC}.0`, lifetimeSeconds: DAY_SECONDS },
  { name: 'basic', oid: `${DEFAULT_ARC}.1`, lifetimeSeconds: 3 * DAY_SECONDS },
  { name: 'device', oid: `${DEFAULT_ARC}.2`, lifetimeSeconds: 7 * DAY_SECONDS },
  { name: 'strong', oid: `${DEFAULT_ARC}.3`, lifetimeSeconds: 14 * DAY_SECONDS },
];

/** No certificate lives longer than this, whatever a team configures: short life is what makes a lost key bearable. */
export const MAX_LIFETIME_SECONDS = 90 * DAY_SECONDS;

/**
 * Puts tiers in order, weakest first.
 *
 * @param tiers default: {@link defaultTiers}
 * @throws ConfigurationError if there is no tier, a name or OID comes twice or is not in form, or a lifetime is not a
 *   whole number of seconds from 60 to 90 days.
 */
export function createTierScale(tiers: readonly Tier[] = defaultTiers): TierScale {
  if (tiers.length === 0) throw new ConfigurationError('tiers', { message: 'at least one tier is needed' });
  const rank = new Map<string, number>();
  const byOid = new Map<string, Tier>();
  const ordered = tiers.map((tier) => ({ ...tier }));
  for (const [index, tier] of ordered.entries()) {
    const option = `tiers[${index}]`;
    if (!/^[a-z][a-z0-9-]{0,31}$/.test(tier.name) || rank.has(tier.name)) {
      throw new ConfigurationError(`${option}.name`, {
        message: 'must be unique, lower-case, 1 to 32 characters',
      });
    }
    if (!/^[0-2](\.(0|[1-9][0-9]{0,38}))+$/.test(tier.oid) || byOid.has(tier.oid)) {
      throw new ConfigurationError(`${option}.oid`, { message: 'must be a unique OID in dotted form' });
    }
    const lifetime = tier.lifetimeSeconds;
    if (!Number.isInteger(lifetime) || lifetime < 60 || lifetime > MAX_LIFETIME_SECONDS) {
      throw new ConfigurationError(`${option}.lifetimeSeconds`, { message: 'must be 60 seconds to 90 days' });
    }
    rank.set(tier.name, index);
    byOid.set(tier.oid, tier);
  }
  return {
    tiers: ordered,
    find: (name) => ordered[rank.get(name) ?? -1],
    findByOid: (oid) => byOid.get(oid),
    atLeast: (name, minimum) => (rank.get(name) ?? -1) >= (rank.get(minimum) ?? Infinity),
  };
}
