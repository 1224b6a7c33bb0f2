import { createNoopMeter, type Meter, type Span, type Tracer } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../src/core/errors.js';
import type { DeviceReinstatedEvent } from '../../src/contracts/event-sink.js';
import { createMemoryStores } from '../../src/memory.js';
import { createTelemetry } from '../../src/opentelemetry.js';
import { rejectionOf, thrownBy } from '../thrown-by.js';
import { createCollecting } from './collecting.js';

const fail = (): never => {
  throw new Error('telemetry is broken');
};

/** A meter whose instruments throw at each measurement. */
const brokenMeter: Meter = Object.assign(Object.create(createNoopMeter()) as Meter, {
  createCounter: () => ({ add: fail }),
  createHistogram: () => ({ record: fail }),
});

/** A tracer that does as it is told, with the work that it is given. */
function tracerThat(start: (work: (span: Span) => unknown) => unknown): Tracer {
  const { tracer } = createCollecting();
  return Object.assign(Object.create(tracer) as Tracer, {
    startActiveSpan: (_name: string, _options: object, work: (span: Span) => unknown) => start(work),
  });
}

const span = () => createCollecting().tracer.startSpan('sample');
const brokenSpan = () => Object.assign(span(), { setAttribute: fail, setStatus: fail, end: fail });

const { meter } = createCollecting();
const cases: readonly (readonly [string, { readonly meter: Meter; readonly tracer?: Tracer }])[] = [
  ['a meter that throws', { meter: brokenMeter }],
  ['a tracer that throws before it calls', { meter, tracer: tracerThat(fail) }],
  [
    'a tracer that throws after it called',
    {
      meter,
      tracer: tracerThat((work) => {
        work(span());
        fail();
      }),
    },
  ],
  ['a tracer that never calls', { meter, tracer: tracerThat(() => undefined) }],
  [
    'a tracer that calls twice',
    {
      meter,
      tracer: tracerThat((work) => {
        work(span());
        work(span());
      }),
    },
  ],
  ['a span that throws', { meter, tracer: tracerThat((work) => work(brokenSpan())) }],
];

describe.each(cases)('%s', (_, options) => {
  it('changes no value: the work is done once', async () => {
    const telemetry = createTelemetry(options);
    const answer = Object.freeze([]);
    let calls = 0;
    const stores = createMemoryStores();
    const wrapped = telemetry.stores({
      ...stores,
      crls: {
        ...stores.crls,
        listCrls: async () => {
          calls += 1;
          return answer;
        },
      },
    });
    expect(await wrapped.crls.listCrls()).toBe(answer);
    expect(calls).toBe(1);
  });

  it('changes no error', async () => {
    const error = new Error('of the provider');
    const provider = createTelemetry(options).provider({
      name: 'sample',
      verify: () => Promise.reject(error),
    });
    const asked = provider.verify({
      evidence: { provider: 'sample' },
      expected: { challenge: new Uint8Array(), publicKey: new Uint8Array(), binding: new Uint8Array() },
      now: new Date(0),
    });
    expect(await rejectionOf(asked)).toBe(error);
  });

  it('stops no event', async () => {
    const taken: unknown[] = [];
    const sink = createTelemetry(options).events({ record: (event) => void taken.push(event) });
    const event: DeviceReinstatedEvent = {
      type: 'device_reinstated',
      at: new Date(0),
      actor: 'alice',
      note: null,
      deviceId: '0b6f2d3c-6a0e-4c55-9a55-000000000001',
    };
    await sink.record(event);
    expect(taken).toEqual([event]);
  });
});

describe('a meter that throws', () => {
  it('leaves no span open', async () => {
    const { tracer, spans } = createCollecting();
    await createTelemetry({ meter: brokenMeter, tracer }).stores(createMemoryStores()).crls.listCrls();
    expect(spans()).toHaveLength(1);
  });
});

describe('options', () => {
  it.each([
    ['meter', {}],
    ['meter', { meter: null }],
    ['meter', { meter: {} }],
    ['tracer', { meter, tracer: null }],
    ['tracer', { meter, tracer: {} }],
  ])('without a good %s are refused: %j', (option, options) => {
    const error = thrownBy(() => Reflect.apply(createTelemetry, undefined, [options]) as unknown);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option });
  });

  it('need no tracer: everything is measured without spans', async () => {
    const { meter: own, points } = createCollecting();
    await createTelemetry({ meter: own }).stores(createMemoryStores()).crls.listCrls();
    expect(await points('device_trust.store.duration')).toEqual([
      { operation: 'crls.listCrls', outcome: 'done', value: 1 },
    ]);
  });
});
