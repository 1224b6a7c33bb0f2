import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { metricTable, type MetricDefinition } from '../../src/telemetry/metric-table.js';

const metrics: readonly MetricDefinition[] = Object.values(metricTable);

/** Names of the series that Prometheus makes of a metric (OpenTelemetry compatibility specification). */
function seriesOf({ name, instrument, unit }: MetricDefinition): readonly string[] {
  const words = { s: '_seconds', By: '_bytes' };
  const base = name.replaceAll('.', '_') + (unit === 's' || unit === 'By' ? words[unit] : '');
  if (instrument === 'counter') return [`${base}_total`];
  return instrument === 'gauge' ? [base] : [`${base}_bucket`, `${base}_count`, `${base}_sum`];
}

const bySeries = new Map(metrics.flatMap((metric) => seriesOf(metric).map((series) => [series, metric])));

/** What is wrong with the series and labels of a query; nothing if all of them exist. */
function problemsOf(query: string): readonly string[] {
  const named = [...query.matchAll(/device_trust_[a-z_]+/g)].map(([series]) => series);
  const known = named.flatMap((series) => bySeries.get(series) ?? []);
  const grouped = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', '));
  const matched = [...query.matchAll(/[{,]\s*([a-z_]+)(?:=~|!~|!=|=)"/g)].map(([, label = '']) => label);
  const labels = [...grouped, ...matched].filter((label) => label !== 'le');
  return [
    ...(named.length === 0 ? ['no series of ours'] : []),
    ...named.filter((series) => !bySeries.has(series)),
    ...labels.filter((label) => !known.every(({ attributes }) => attributes.includes(label))),
  ];
}

describe('the table of metrics', () => {
  it('has names in the style of the semantic conventions, each once', () => {
    const names = metrics.map(({ name }) => name);
    expect(names.filter((name) => !/^device_trust(\.[a-z]+(_[a-z]+)*)+$/.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
    // A name must not be the namespace of another one.
    expect(names.filter((name) => names.some((other) => other.startsWith(`${name}.`)))).toEqual([]);
  });

  it('has units in UCUM, and durations in seconds', () => {
    expect(metrics.filter(({ unit }) => !/^(s|By|\{[a-z]+\})$/.test(unit))).toEqual([]);
    expect(metrics.filter(({ name, unit }) => name.endsWith('.duration') && unit !== 's')).toEqual([]);
  });
});

describe('docs/guides/telemetry.md', () => {
  const page = readFileSync('docs/guides/telemetry.md', 'utf8');
  const rows = page
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter(([, first = '']) => first.startsWith('`device_trust.'));
  const codes = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

  it('lists the metrics with their units, attributes and meanings, no more and no less', () => {
    const listed = rows
      .filter((row) => row.length === 7)
      .map(([, name = '', instrument, unit = '', attributes = '', description]) => ({
        name: codes(name)[0],
        instrument,
        unit: codes(unit)[0],
        attributes: codes(attributes),
        description,
      }));
    expect(listed).toEqual(metrics);
  });

  it('explains each attribute', () => {
    const attributes = new Set(metrics.flatMap((metric) => metric.attributes));
    const explained = [...page.matchAll(/^\| `([a-z]+)` \|/gm)].map(([, name = '']) => name);
    expect(explained.sort()).toEqual([...attributes].sort());
  });

  it('has alarms over series and labels that exist', () => {
    const [, alarms = ''] = /^```text\n([\s\S]*?)^```$/m.exec(page) ?? [];
    const queries = alarms.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(queries.length).toBeGreaterThan(3);
    expect(queries.flatMap(problemsOf)).toEqual([]);
  });
});

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly targets?: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly legendFormat: string;
  }[];
}

interface Dashboard {
  readonly title: string;
  readonly uid: string;
  readonly schemaVersion: number;
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
  readonly panels: readonly Panel[];
}

describe('docs/grafana-dashboard.json', () => {
  const text = readFileSync('docs/grafana-dashboard.json', 'utf8');
  const dashboard = JSON.parse(text) as Dashboard;
  const targets = dashboard.panels.flatMap((panel) => panel.targets ?? []);

  it('is a dashboard: panels with their own ids, side by side on a grid of 24 columns', () => {
    expect(dashboard).toMatchObject({ title: 'device-trust', uid: 'device-trust' });
    expect(dashboard.schemaVersion).toBeGreaterThan(30);
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(
      panels.filter(({ type, targets: queries = [] }) => (type === 'row') !== (queries.length === 0)),
    ).toEqual([]);
    const cells = panels.flatMap(({ gridPos: { h, w, x, y } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.filter(({ gridPos: { w, x } }) => x + w > 24)).toEqual([]);
  });

  it('asks the data source that is chosen in it', () => {
    expect(dashboard.templating.list).toMatchObject([{ name: 'datasource', type: 'datasource' }]);
    const sources = [...text.matchAll(/"uid": "([^"]*)"/g)].map(([, uid]) => uid);
    expect(new Set(sources)).toEqual(new Set(['device-trust', '${datasource}']));
  });

  it('asks for series and labels that exist', () => {
    expect(targets.flatMap(({ expr }) => problemsOf(expr))).toEqual([]);
  });

  it('names series by labels that their query keeps', () => {
    const lost = targets.flatMap(({ expr, legendFormat }) => {
      const kept = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', '));
      const used = [...legendFormat.matchAll(/\{\{([a-z_]+)\}\}/g)].map(([, label = '']) => label);
      return used.filter((label) => !kept.includes(label));
    });
    expect(lost).toEqual([]);
  });

  it('shows every metric', () => {
    const shown = new Set(
      targets.flatMap(({ expr }) =>
        [...expr.matchAll(/device_trust_[a-z_]+/g)].map(([series]) => bySeries.get(series)?.name),
      ),
    );
    expect(metrics.map(({ name }) => name).filter((name) => !shown.has(name))).toEqual([]);
  });
});
