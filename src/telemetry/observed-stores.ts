// telemetry: imports core and contracts.

import type { Meter } from '@opentelemetry/api';
import type { Stores } from '../contracts/stores.js';
import { createHistogram } from './instruments.js';
import type { Observation } from './observation.js';

/** Buckets of `db.client.operation.duration` in the semantic conventions. */
const BOUNDARIES = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/**
 * Returns what wraps stores so that each call is measured, under the name of its ability and method. The change feed goes
 * through as it is: to subscribe is not a call that ends.
 */
export function createStoresObserver(meter: Meter, observe: Observation): (stores: Stores) => Stores {
  const duration = createHistogram(meter, 'storeDuration', BOUNDARIES);

  function timed<Value>(operation: string, work: () => Promise<Value>): Promise<Value> {
    return observe(
      {
        spanName: `device_trust.store.${operation}`,
        attributes: { operation },
        good: 'done',
        measure: (outcome, seconds) => {
          duration.record(seconds, { operation, outcome });
        },
      },
      work,
    );
  }

  return ({
    certificates,
    revocations,
    replays,
    audit,
    crls,
    leases,
    rateLimits,
    renewalOrders,
    attestedKeys,
    usageCounters,
    retention,
    changes,
  }) => ({
    certificates: {
      recordIntent: (intent, options) =>
        timed('certificates.recordIntent', () => certificates.recordIntent(intent, options)),
      recordIssued: (name, issued) =>
        timed('certificates.recordIssued', () => certificates.recordIssued(name, issued)),
      recordFirstUse: (name, at) =>
        timed('certificates.recordFirstUse', () => certificates.recordFirstUse(name, at)),
      find: (query) => timed('certificates.find', () => certificates.find(query)),
      list: (query) => timed('certificates.list', () => certificates.list(query)),
      search: (query) => timed('certificates.search', () => certificates.search(query)),
      count: (filter) => timed('certificates.count', () => certificates.count(filter)),
    },
    revocations: {
      revoke: (revocation) => timed('revocations.revoke', () => revocations.revoke(revocation)),
      find: (query) => timed('revocations.find', () => revocations.find(query)),
      list: (query) => timed('revocations.list', () => revocations.list(query)),
      listRevoked: (query) => timed('revocations.listRevoked', () => revocations.listRevoked(query)),
      findLastRevoked: (scope) =>
        timed('revocations.findLastRevoked', () => revocations.findLastRevoked(scope)),
    },
    replays: {
      consume: (request) => timed('replays.consume', () => replays.consume(request)),
    },
    audit: {
      appendAudit: (entries) => timed('audit.appendAudit', () => audit.appendAudit(entries)),
      findAuditHead: () => timed('audit.findAuditHead', () => audit.findAuditHead()),
      listAudit: (query) => timed('audit.listAudit', () => audit.listAudit(query)),
    },
    crls: {
      findCrl: (scope, options) => timed('crls.findCrl', () => crls.findCrl(scope, options)),
      publishCrl: (crl, options) => timed('crls.publishCrl', () => crls.publishCrl(crl, options)),
      listCrls: () => timed('crls.listCrls', () => crls.listCrls()),
    },
    leases: {
      acquireLease: (request) => timed('leases.acquireLease', () => leases.acquireLease(request)),
      releaseLease: (lease) => timed('leases.releaseLease', () => leases.releaseLease(lease)),
    },
    rateLimits: {
      takeToken: (request) => timed('rateLimits.takeToken', () => rateLimits.takeToken(request)),
    },
    renewalOrders: {
      recordOrder: (order) => timed('renewalOrders.recordOrder', () => renewalOrders.recordOrder(order)),
      listOrders: (now) => timed('renewalOrders.listOrders', () => renewalOrders.listOrders(now)),
    },
    attestedKeys: {
      registerAttestedKey: (key) =>
        timed('attestedKeys.registerAttestedKey', () => attestedKeys.registerAttestedKey(key)),
      findAttestedKey: (name) =>
        timed('attestedKeys.findAttestedKey', () => attestedKeys.findAttestedKey(name)),
      useAttestedKey: (request) =>
        timed('attestedKeys.useAttestedKey', () => attestedKeys.useAttestedKey(request)),
      replaceReceipt: (request) =>
        timed('attestedKeys.replaceReceipt', () => attestedKeys.replaceReceipt(request)),
    },
    usageCounters: {
      countUsage: (request) => timed('usageCounters.countUsage', () => usageCounters.countUsage(request)),
    },
    retention: {
      prune: (request) => timed('retention.prune', () => retention.prune(request)),
    },
    changes,
  });
}
