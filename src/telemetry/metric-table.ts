// telemetry: imports core and contracts.

/** What a metric is called, and what it counts or measures. */
export interface MetricDefinition {
  /** Dotted, as in the OpenTelemetry semantic conventions. */
  readonly name: string;
  readonly instrument: 'counter' | 'histogram' | 'gauge';
  /** In UCUM: `s`, `By`, or what is counted in braces. */
  readonly unit: string;
  readonly attributes: readonly string[];
  readonly description: string;
}

/**
 * Every metric of the library. Names, units and attributes are stable by semantic versioning; `docs/guides/telemetry.md` is
 * tested to hold the same list. Each attribute has few values: none names a device, a certificate or a key of a device.
 */
export const metricTable = {
  certificatesIssued: {
    name: 'device_trust.certificates.issued',
    instrument: 'counter',
    unit: '{certificate}',
    attributes: ['action', 'tier', 'provider'],
    description: 'Certificates that were allowed, counted just before they are signed.',
  },
  issuanceRefused: {
    name: 'device_trust.issuance.refused',
    instrument: 'counter',
    unit: '{reason}',
    attributes: ['action', 'code', 'reason'],
    description:
      'Reasons for which certificates were refused; a refusal counts once for each of its reasons.',
  },
  observedRefusals: {
    name: 'device_trust.observed.refusals',
    instrument: 'counter',
    unit: '{reason}',
    attributes: ['by', 'reason'],
    description:
      'Reasons for which issued certificates would have been refused, if a rule, provider or policy were not only observed.',
  },
  outageCertificates: {
    name: 'device_trust.outage.certificates',
    instrument: 'counter',
    unit: '{certificate}',
    attributes: ['provider', 'action'],
    description: 'Certificates that were allowed by the outage policy, although a vendor could not be asked.',
  },
  requestsRefused: {
    name: 'device_trust.requests.refused',
    instrument: 'counter',
    unit: '{request}',
    attributes: ['code'],
    description: 'Application requests over a device certificate that were refused.',
  },
  revocations: {
    name: 'device_trust.revocations',
    instrument: 'counter',
    unit: '{revocation}',
    attributes: ['kind', 'reason'],
    description: 'Acts of administrators that revoke; a batch is one.',
  },
  batchRevoked: {
    name: 'device_trust.certificates.batch_revoked',
    instrument: 'counter',
    unit: '{certificate}',
    attributes: ['reason'],
    description: 'Certificates that batches revoked and that were not revoked before.',
  },
  renewalsOrdered: {
    name: 'device_trust.renewals.ordered',
    instrument: 'counter',
    unit: '{order}',
    attributes: [],
    description: 'Orders by administrators to renew certificates early.',
  },
  bootstrapJumps: {
    name: 'device_trust.bootstrap.jumps',
    instrument: 'counter',
    unit: '{jump}',
    attributes: ['release'],
    description: 'Windows in which a bootstrap certificate was used far more often than usual.',
  },
  bootstrapRequests: {
    name: 'device_trust.bootstrap.requests',
    instrument: 'gauge',
    unit: '{request}',
    attributes: ['release'],
    description: 'Requests over the bootstrap certificates of a release since the process started.',
  },
  devicesReinstated: {
    name: 'device_trust.devices.reinstated',
    instrument: 'counter',
    unit: '{device}',
    attributes: [],
    description: 'Devices that may have certificates again.',
  },
  providerDuration: {
    name: 'device_trust.provider.duration',
    instrument: 'histogram',
    unit: 's',
    attributes: ['provider', 'outcome'],
    description: 'How long the verification of one piece of evidence took.',
  },
  vendorBudgetAlarms: {
    name: 'device_trust.vendor.budget_alarms',
    instrument: 'counter',
    unit: '{alarm}',
    attributes: ['provider'],
    description: 'Thresholds that the calls to a vendor have reached, each once a day over all replicas.',
  },
  vendorDown: {
    name: 'device_trust.vendor.down',
    instrument: 'gauge',
    unit: '{replica}',
    attributes: ['provider'],
    description: '1 while this replica leaves a vendor alone because it does not answer, else 0.',
  },
  vendorCalls: {
    name: 'device_trust.vendor.calls',
    instrument: 'gauge',
    unit: '{call}',
    attributes: ['provider', 'state'],
    description: 'Calls to a vendor that are under way or wait for their turn.',
  },
  storeDuration: {
    name: 'device_trust.store.duration',
    instrument: 'histogram',
    unit: 's',
    attributes: ['operation', 'outcome'],
    description: 'How long one call of a store took.',
  },
  statusAge: {
    name: 'device_trust.status.age',
    instrument: 'gauge',
    unit: 's',
    attributes: [],
    description: 'Time since the revocation log was last read; nothing before the first time.',
  },
  statusMaxStaleness: {
    name: 'device_trust.status.max_staleness',
    instrument: 'gauge',
    unit: 's',
    attributes: [],
    description: 'The bound of that time: past it nothing is admitted until the log has been read.',
  },
  statusRevoked: {
    name: 'device_trust.status.revoked',
    instrument: 'gauge',
    unit: '{subject}',
    attributes: [],
    description: 'Certificates, devices and keys that this replica knows to have been revoked.',
  },
  statusIndexSize: {
    name: 'device_trust.status.index.size',
    instrument: 'gauge',
    unit: 'By',
    attributes: [],
    description: 'Memory of the index of what was revoked.',
  },
  crlSize: {
    name: 'device_trust.crl.size',
    instrument: 'gauge',
    unit: 'By',
    attributes: ['issuer', 'shard'],
    description: 'Size of the published list.',
  },
  crlAge: {
    name: 'device_trust.crl.age',
    instrument: 'gauge',
    unit: 's',
    attributes: ['issuer', 'shard'],
    description: 'Time since the published list was made.',
  },
  crlEntries: {
    name: 'device_trust.crl.entries',
    instrument: 'gauge',
    unit: '{certificate}',
    attributes: ['issuer', 'shard'],
    description: 'Certificates on the published list.',
  },
  crlRemaining: {
    name: 'device_trust.crl.remaining',
    instrument: 'gauge',
    unit: 's',
    attributes: ['issuer', 'shard'],
    description: 'Time until the next update of the published list; negative once it is overdue.',
  },
  certificatesExpiring: {
    name: 'device_trust.certificates.expiring',
    instrument: 'gauge',
    unit: '{certificate}',
    attributes: [],
    description: 'Devices whose latest certificate ends within the window; asked once a minute at most.',
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/** A metric of the library. */
export type MetricKey = keyof typeof metricTable;

/** All attributes of a metric: none may be left out, and there are no others. */
export type AttributesOf<Key extends MetricKey> = Record<
  (typeof metricTable)[Key]['attributes'][number],
  string
>;
