import { describe, expect, it } from 'vitest';
import { createForwardedCertificates, proxyAddresses } from '../../../src/proxy.js';
import { DeviceTrustError } from '../../../src/core/errors.js';
import { leaf, other } from './encodings.js';
import { presetNames, presetOf, type Header, type Preset, type PresetName } from './presets.js';

/** What came of a request; `-` says that the attack has no meaning for this preset, which is then asserted as well. */
type Outcome = 'accepted' | 'no certificate' | 'malformed' | 'unverified' | 'missing' | 'untrusted' | '-';

const PROXY = '10.0.0.1';

/** Makes the header lines of an attack; `null` if the preset has nothing to attack in this way. */
type Attack = (preset: Preset) => readonly Header[] | null;

const good = (preset: Preset): readonly Header[] => [
  [preset.certificateHeader, preset.encode(leaf)],
  ...preset.others(leaf),
];

/** A good request but for the certificate header. */
const withCertificate = (preset: Preset, value: string): readonly Header[] => [
  [preset.certificateHeader, value],
  ...preset.others(leaf),
];

const without = (headers: readonly Header[], name: string) => headers.filter(([other]) => other !== name);

const withSignal = (preset: Preset, value: string): readonly Header[] | null =>
  preset.signal === undefined
    ? null
    : [...without(good(preset), preset.signal), [preset.signal, value] as const];

const inTheMiddle = (value: string, inserted: string) =>
  `${value.slice(0, value.length / 2)}${inserted}${value.slice(value.length / 2)}`;

const underscored = (name: string) => name.replaceAll('-', '_');

const attacks = {
  'nothing at all': good,
  'names in other cases': (preset) =>
    good(preset).map(([name, value], index) => [
      index % 2 === 0 ? name.toUpperCase() : name.toLowerCase(),
      value,
    ]),
  'from an untrusted peer': good,
  'without headers from an untrusted peer': () => [],
  'the certificate header twice': (preset) => [
    ...good(preset),
    [preset.certificateHeader, preset.encode(leaf)],
  ],
  'the certificate header twice, in other cases, of two certificates': (preset) => [
    [preset.certificateHeader.toLowerCase(), preset.encode(other)],
    ...good(preset),
  ],
  'the signal twice': (preset) => {
    const signal = good(preset).filter(([name]) => name === preset.signal);
    return preset.signal === undefined ? null : [...good(preset), ...signal];
  },
  'an underscore variant beside the certificate header': (preset) => [
    ...good(preset),
    [underscored(preset.certificateHeader), preset.encode(other)],
  ],
  'one underscore in the certificate header beside it': (preset) => [
    [preset.certificateHeader.replace(/-(?=[^-]*$)/, '_'), preset.encode(other)],
    ...good(preset),
  ],
  'an underscore variant in place of the certificate header': (preset) => [
    [underscored(preset.certificateHeader), preset.encode(leaf)],
    ...preset.others(leaf),
  ],
  'an underscore variant beside the signal': (preset) =>
    preset.signal === undefined ? null : [...good(preset), [underscored(preset.signal), '1']],
  'more than 16 KiB': (preset) => withCertificate(preset, 'A'.repeat(16 * 1024 + 1)),
  'a tab inside': (preset) => withCertificate(preset, inTheMiddle(preset.encode(leaf), '\t')),
  'what is left of a folded line inside': (preset) =>
    withCertificate(preset, inTheMiddle(preset.encode(leaf), '\r\n ')),
  'a character inside that is not ASCII': (preset) =>
    withCertificate(preset, inTheMiddle(preset.encode(leaf), '\u00e4')),
  'a NUL at the end': (preset) => withCertificate(preset, `${preset.encode(leaf)}\0`),
  'a broken encoding': (preset) => withCertificate(preset, preset.spoil(preset.encode(leaf))),
  'a DER that is cut off': (preset) => withCertificate(preset, preset.encode(leaf.subarray(0, -1))),
  'a byte after the DER': (preset) =>
    withCertificate(preset, preset.encode(Buffer.concat([leaf, Buffer.of(0)]))),
  'a DER that is no SEQUENCE': (preset) =>
    withCertificate(preset, preset.encode(Buffer.concat([Buffer.of(0x31), leaf.subarray(1)]))),
  'something after the certificate': (preset) => withCertificate(preset, `${preset.encode(leaf)}A`),
  'two certificates': (preset) => withCertificate(preset, preset.encode(leaf, other)),
  'a certificate that was verified and lost': (preset) =>
    preset.lost === undefined
      ? preset.others(leaf)
      : [[preset.certificateHeader, preset.lost(leaf)], ...preset.others(leaf)],
  'an empty certificate header, verified': (preset) => withCertificate(preset, ''),
  'a certificate that was not verified': (preset) =>
    preset.notVerified === undefined ? null : withSignal(preset, preset.notVerified),
  'no signal': (preset) => (preset.signal === undefined ? null : without(good(preset), preset.signal)),
  'an empty signal': (preset) => withSignal(preset, ''),
  'a signal that the product does not know': (preset) => withSignal(preset, 'yes'),
  'empty values': (preset) => good(preset).map(([name]) => [name, '']),
  'no client certificate': (preset) => preset.none,
  'no headers from a trusted peer': () => [],
  'a certificate of the client where the proxy says that there is none': (preset) =>
    preset.none.length === 0
      ? null
      : [...without(preset.none, preset.certificateHeader), [preset.certificateHeader, preset.encode(leaf)]],
  'a hash or serial number of another certificate': (preset) => preset.mismatch?.(leaf, other) ?? null,
} satisfies Record<string, Attack>;

type AttackName = keyof typeof attacks;

const all = (outcome: Outcome) =>
  Object.fromEntries(presetNames.map((name) => [name, outcome])) as Record<PresetName, Outcome>;

/** What differs from preset to preset is written down for each. */
const expected: Record<AttackName, Record<PresetName, Outcome>> = {
  'nothing at all': all('accepted'),
  'names in other cases': all('accepted'),
  'from an untrusted peer': all('untrusted'),
  'without headers from an untrusted peer': all('untrusted'),
  'the certificate header twice': all('malformed'),
  'the certificate header twice, in other cases, of two certificates': all('malformed'),
  'the signal twice': {
    ...all('malformed'),
    rfc9440: '-',
    envoy: '-',
    awsAlbPassthrough: '-',
    traefik: '-',
  },
  'an underscore variant beside the certificate header': all('malformed'),
  'one underscore in the certificate header beside it': all('malformed'),
  'an underscore variant in place of the certificate header': all('malformed'),
  'an underscore variant beside the signal': {
    ...all('malformed'),
    rfc9440: '-',
    envoy: '-',
    awsAlbPassthrough: '-',
    traefik: '-',
  },
  'more than 16 KiB': all('malformed'),
  'a tab inside': all('malformed'),
  'what is left of a folded line inside': all('malformed'),
  'a character inside that is not ASCII': all('malformed'),
  'a NUL at the end': all('malformed'),
  'a broken encoding': all('malformed'),
  'a DER that is cut off': all('malformed'),
  'a byte after the DER': all('malformed'),
  'a DER that is no SEQUENCE': all('malformed'),
  'something after the certificate': all('malformed'),
  // Those two forward what the client presented, leaf first.
  'two certificates': { ...all('malformed'), awsAlbPassthrough: 'accepted', traefik: 'accepted' },
  // Where there is no signal beside the certificate, one that was lost is as one that never was: the request has no device.
  'a certificate that was verified and lost': {
    ...all('missing'),
    rfc9440: 'no certificate',
    haproxy: 'no certificate',
    awsAlbPassthrough: 'no certificate',
    traefik: 'no certificate',
  },
  'an empty certificate header, verified': {
    rfc9440: 'malformed',
    nginx: 'missing',
    haproxy: 'no certificate',
    'haproxy with usedHeader': 'missing',
    apache: 'missing',
    envoy: 'malformed',
    awsAlbPassthrough: 'malformed',
    awsAlbVerify: 'malformed',
    googleCloud: 'missing',
    cloudflare: 'missing',
    cloudFront: 'missing',
    traefik: 'no certificate',
    caddy: 'missing',
  },
  'a certificate that was not verified': {
    rfc9440: '-',
    nginx: 'unverified',
    haproxy: 'unverified',
    'haproxy with usedHeader': 'unverified',
    apache: 'unverified',
    envoy: '-',
    awsAlbPassthrough: '-',
    awsAlbVerify: '-',
    googleCloud: 'unverified',
    cloudflare: 'unverified',
    // It says whether there is one; of one that is not verified nothing is sent.
    cloudFront: 'malformed',
    traefik: '-',
    caddy: '-',
  },
  'no signal': { ...all('malformed'), rfc9440: '-', envoy: '-', awsAlbPassthrough: '-', traefik: '-' },
  'an empty signal': {
    ...all('malformed'),
    rfc9440: '-',
    envoy: '-',
    awsAlbPassthrough: '-',
    traefik: '-',
  },
  'a signal that the product does not know': {
    ...all('malformed'),
    rfc9440: '-',
    envoy: '-',
    awsAlbPassthrough: '-',
    traefik: '-',
  },
  // Traefik's one header, and Caddy's placeholders, may well be emptied by a proxy that knows no certificate.
  'empty values': { ...all('malformed'), traefik: 'no certificate', caddy: 'no certificate' },
  'no client certificate': all('no certificate'),
  'no headers from a trusted peer': {
    rfc9440: 'no certificate',
    nginx: 'malformed',
    haproxy: 'malformed',
    'haproxy with usedHeader': 'malformed',
    apache: 'malformed',
    envoy: 'no certificate',
    awsAlbPassthrough: 'no certificate',
    awsAlbVerify: 'no certificate',
    googleCloud: 'malformed',
    cloudflare: 'malformed',
    cloudFront: 'malformed',
    traefik: 'no certificate',
    caddy: 'malformed',
  },
  'a certificate of the client where the proxy says that there is none': {
    rfc9440: '-',
    nginx: 'malformed',
    // HAProxy says the same of both; its own `set-header` is what takes the place of the client's header.
    haproxy: 'accepted',
    'haproxy with usedHeader': 'malformed',
    apache: 'malformed',
    envoy: '-',
    awsAlbPassthrough: '-',
    awsAlbVerify: '-',
    googleCloud: 'malformed',
    cloudflare: 'unverified',
    cloudFront: 'malformed',
    traefik: '-',
    caddy: 'malformed',
  },
  'a hash or serial number of another certificate': {
    ...all('malformed'),
    rfc9440: '-',
    nginx: '-',
    haproxy: '-',
    'haproxy with usedHeader': '-',
    apache: '-',
    awsAlbPassthrough: '-',
    traefik: '-',
  },
};

const outcomes: Partial<Record<string, Outcome>> = {
  forwarded_certificate_malformed: 'malformed',
  forwarded_certificate_unverified: 'unverified',
  forwarded_certificate_missing: 'missing',
  proxy_untrusted: 'untrusted',
};

function outcomeOf(preset: Preset, headers: readonly Header[], remoteAddress: string): Outcome {
  const source = createForwardedCertificates({ format: preset.format, proxy: proxyAddresses([PROXY]) });
  const lines: readonly Header[] = [['Host', 'api.example.org'], ...headers, ['Accept', '*/*']];
  try {
    const peer = source.readPeerCertificate({ socket: { remoteAddress }, rawHeaders: lines.flat() });
    if (peer === null) return 'no certificate';
    expect(Buffer.from(peer.certificate).equals(leaf)).toBe(true);
    return 'accepted';
  } catch (error) {
    const outcome = error instanceof DeviceTrustError ? outcomes[error.code] : undefined;
    if (outcome === undefined) throw error;
    return outcome;
  }
}

describe.each(Object.keys(attacks) as AttackName[])('%s', (attackName) => {
  it.each(presetNames)(`%s: ${attackName}`, (name) => {
    const preset = presetOf(name);
    const attack: Attack = attacks[attackName];
    const headers = attack(preset);
    const peer = attackName.endsWith('from an untrusted peer') ? '10.0.0.2' : PROXY;
    expect(headers === null ? '-' : outcomeOf(preset, headers, peer)).toBe(expected[attackName][name]);
  });
});
