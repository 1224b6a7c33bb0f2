// core: imports nothing.

/**
 * What a client should do next after a refusal: `retry` the same request later; `renew` its certificate; `reattest` with
 * a new challenge and fresh evidence; `reenroll` through the bootstrap certificate; `update` the app; `stop`: nothing the
 * app can do will help.
 */
export type ClientAction = 'retry' | 'renew' | 'reattest' | 'reenroll' | 'update' | 'stop';
