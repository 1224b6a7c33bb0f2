// core: imports nothing.

/**
 * What a device may do: `active` (again), `suspended` (nothing, until it is reinstated and attests afresh), `banned` (nothing,
 * for good).
 */
export const deviceStates = ['active', 'suspended', 'banned'] as const;

/** A state of a device. */
export type DeviceState = (typeof deviceStates)[number];

/** True for the name of a state. */
export function isDeviceState(value: unknown): value is DeviceState {
  return deviceStates.some((state) => state === value);
}
