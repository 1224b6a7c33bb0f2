// A phone without a provider gets a certificate of a tier that opens little, and a short life.
//
// Gives up: the weak tier proves nothing. Whoever digs the bootstrap certificate out of the app gets one too, from a script, as often as
// the rate limits allow. Open to it only what you would show to an access token alone.
// Keeps: such a phone can be told apart, counted, limited and revoked, and its key cannot be copied off good hardware.

import { createDefaultPolicy, weakTier, type Policy } from 'device-trust';

export function createLenientPolicy(): Policy {
  return createDefaultPolicy({ withoutEvidence: weakTier({ tier: 'none', lifetimeSeconds: 3600 }) });
}
