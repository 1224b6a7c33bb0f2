import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import {
  createFakeAndroidKeystore,
  createFakeClock,
  integrityProviderContract,
  type ChangeKeyDescription,
  type FakeAttestationRequest,
  type FakeAuthorizationList,
  type FakeKeyDescription,
} from 'device-trust/testing';
import {
  createAndroidKeyAttestationProvider,
  createFixedStatusList,
  defaultKeyAttestationRequirements,
  googleAttestationRoots,
  isAndroidKeyAttestationVerdict,
  parseAttestationRoots,
  requireGenerated,
  requirePatchLevel,
  requireSecurityLevel,
  requireSigningPurpose,
  requireVerifiedBoot,
  type AndroidKeyAttestationProviderOptions,
  type KeyAttestationRequirement,
} from 'device-trust/android-key-attestation';
import { describe, expect, it } from 'vitest';
import { createBinding } from '../../../src/enrolment/binding.js';
import { ConfigurationError, UnavailableError } from '../../../src/core/errors.js';
import { thrownBy } from '../../thrown-by.js';
import { malformed, refusalOf, rejectedFor } from '../refusal-of.js';

const clock = createFakeClock(new Date('2026-03-20T12:00:00Z'));
const keystore = createFakeAndroidKeystore({ clock });
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const spki = key.publicKey.export({ format: 'der', type: 'spki' });
const challenge = randomBytes(32);
const expected = createBinding(challenge, spki);
const emptyList = createFixedStatusList({ entries: {} });
const otherDigest = 'ab'.repeat(32);

type Options = Partial<AndroidKeyAttestationProviderOptions>;

const providerWith = (options: Options = {}) =>
  createAndroidKeyAttestationProvider({
    packageName: keystore.packageName,
    certificateSha256: [keystore.certificateSha256],
    statusList: emptyList,
    roots: keystore.roots,
    ...options,
  });

const verify = (request: Partial<FakeAttestationRequest> = {}, options: Options = {}) =>
  providerWith(options).verify({
    evidence: keystore.attest({ publicKey: key.publicKey, challenge, ...request }),
    expected,
    now: clock.now(),
  });

const change =
  (part: Partial<FakeKeyDescription>): ChangeKeyDescription =>
  (honest) => ({ ...honest, ...part });
const hardware =
  (part: FakeAuthorizationList): ChangeKeyDescription =>
  (honest) => ({ ...honest, hardwareEnforced: { ...honest.hardwareEnforced, ...part } });
const software =
  (part: FakeAuthorizationList): ChangeKeyDescription =>
  (honest) => ({ ...honest, softwareEnforced: { ...honest.softwareEnforced, ...part } });
const boot = (part: object): ChangeKeyDescription => {
  return (honest) => {
    const { rootOfTrust } = honest.hardwareEnforced;
    if (!rootOfTrust) throw new Error('the phone has no root of trust');
    return hardware({ rootOfTrust: { ...rootOfTrust, ...part } })(honest);
  };
};

describe('the contract', () => {
  const suite = integrityProviderContract({
    now: () => clock.now(),
    create: async () => ({
      provider: providerWith(),
      makeEvidence: (request) => keystore.attest({ ...request.expected }),
      makeForged: {
        'of another root': (request) =>
          keystore.attest({ ...request.expected, issuers: { foreignRoot: true } }),
        'of an emulator': (request) => keystore.attest({ ...request.expected, shape: 'software' }),
        'of another app': (request) =>
          keystore.attest({
            ...request.expected,
            change: software({ attestationApplicationId: { packages: [], signatureDigests: [] } }),
          }),
        'below an attested key': (request) => keystore.attest({ ...request.expected, forge: (d) => d }),
      },
    }),
    createUnreachable: async () => ({
      provider: providerWith({
        statusList: {
          load: () => Promise.reject(new UnavailableError('provider_unavailable', { message: 'no list' })),
        },
      }),
      makeEvidence: (request) => keystore.attest({ ...request.expected }),
    }),
    malformed: [
      { provider: 'android-key-attestation' },
      { provider: 'android-key-attestation', chain: 'MAA=' },
      { provider: 'android-key-attestation', chain: [] },
      { provider: 'android-key-attestation', chain: ['MAA='] },
      { provider: 'android-key-attestation', chain: ['MAA=', 'MAA='] },
      { provider: 'android-key-attestation', chain: ['MAA=', 7] },
      { provider: 'android-key-attestation', chain: ['MAA=', '*'] },
      { provider: 'android-key-attestation', chain: Array.from({ length: 8 }, () => 'MAA=') },
      { provider: 'play-integrity', ...keystoreChain() },
    ],
  });
  it.each(suite.map(({ name, run }) => ({ name, run })))('$name', ({ run }) => run());
});

function keystoreChain(): { readonly chain: readonly string[] } {
  return { chain: keystore.attest({ publicKey: spki, challenge }).chain };
}

describe('a good phone', () => {
  it('is told in the words of all vendors and in those of its hardware', async () => {
    const verdict = await verify();
    expect(verdict).toMatchObject({
      provider: 'android-key-attestation',
      kind: 'trusted-environment',
      issuedAt: clock.now(),
      app: {
        packageName: keystore.packageName,
        certificateSha256: [keystore.certificateSha256],
        version: '7',
        recognition: 'recognized',
        licensing: 'unevaluated',
      },
      device: {
        integrity: 'strong',
        labels: [
          'security-level:trusted-environment',
          'bootloader:locked',
          'boot:verified',
          'patch:202603',
          'provisioned:remote',
        ],
      },
      details: {
        shape: 'remotely-provisioned',
        hasAttestKey: false,
        boot: { locked: true, system: 'verified' },
        provisioning: { certificatesIssued: 8, manufacturer: null, securityLevel: null },
      },
    });
    expect(isAndroidKeyAttestationVerdict(verdict)).toBe(true);
    expect(isAndroidKeyAttestationVerdict({ ...verdict, provider: 'other' })).toBe(false);
  });

  it.each([
    ['remotely-provisioned', 'remote'],
    ['factory', 'factory'],
    ['direct', 'direct'],
  ] as const)('may have a chain of shape %s, with and without its root', async (shape, label) => {
    for (const withoutRoot of [false, true]) {
      const verdict = await verify({ shape, withoutRoot });
      expect(verdict.device.labels).toContain(`provisioned:${label}`);
      expect(verdict.details.shape).toBe(shape);
    }
  });

  it('may have a StrongBox', async () => {
    const level = 'strongbox';
    const verdict = await verify({
      change: change({ attestationSecurityLevel: level, keyMintSecurityLevel: level }),
      issuers: { securityLevel: 'StrongBox' },
    });
    expect(verdict.kind).toBe('strongbox');
    expect(verdict.device.labels).toContain('security-level:strongbox');
  });

  it('may show its certificates in base64url', async () => {
    const evidence = keystore.attest({ publicKey: spki, challenge });
    const chain = evidence.chain.map((text) => Buffer.from(text, 'base64').toString('base64url'));
    await expect(
      providerWith().verify({ evidence: { ...evidence, chain }, expected, now: clock.now() }),
    ).resolves.toMatchObject({ kind: 'trusted-environment' });
  });

  it.each([
    ['P-384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey],
    ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey],
  ])('may have a key of kind %s', async (_kind, create) => {
    const publicKey = create();
    const own = createBinding(challenge, publicKey.export({ format: 'der', type: 'spki' }));
    const evidence = keystore.attest({ publicKey, challenge });
    await expect(providerWith().verify({ evidence, expected: own, now: clock.now() })).resolves.toMatchObject(
      { device: { integrity: 'strong' } },
    );
  });

  it('is attested with its own time of making, or else with ours', async () => {
    const made = new Date('2020-01-01T00:00:00Z');
    const own = await verify({ change: software({ creationDateTime: made.getTime() }) });
    expect(own.issuedAt).toEqual(made);
    for (const creationDateTime of [null, Number.MAX_SAFE_INTEGER]) {
      const ours = await verify({ change: software({ creationDateTime }) });
      expect(ours.issuedAt).toEqual(clock.now());
    }
  });

  it.each<[string, FakeAuthorizationList, string]>([
    ['patches of last March', { osPatchLevel: 202_503, vendorPatchLevel: 20_250_305 }, 'strong'],
    ['older patches of the system', { osPatchLevel: 202_502 }, 'device'],
    ['older patches of the vendor', { vendorPatchLevel: 20_250_205 }, 'device'],
    ['no patch level of the vendor', { vendorPatchLevel: null }, 'device'],
    ['a patch level that is no month', { osPatchLevel: 202_613 }, 'device'],
    ['a patch level of next month', { osPatchLevel: 202_604 }, 'strong'],
    ['a patch level far ahead', { osPatchLevel: 202_605 }, 'device'],
  ])('with %s: %j is %s', async (_what, part, integrity) => {
    const verdict = await verify({ change: hardware(part) });
    expect(verdict.device.integrity).toBe(integrity);
  });

  it('may run a system of another maker that is listed', async () => {
    const verifiedBootKey = randomBytes(32).toString('hex');
    const request = { change: boot({ verifiedBootState: 'self-signed', verifiedBootKey }) };
    const bootKeys = [Buffer.from(verifiedBootKey, 'hex').toString('base64')];
    const verdict = await verify(request, { bootKeys });
    expect(verdict.details.boot).toEqual({ locked: true, system: 'allow-listed' });
    expect(verdict.app.recognition).toBe('recognized');
    expect(verdict.device).toMatchObject({ integrity: 'strong' });
    expect(verdict.device.labels).toContain('boot:self-signed');
    expect(await refusalOf(() => verify(request, { bootKeys: [otherDigest] }))).toEqual(
      rejectedFor('boot_not_verified'),
    );
    for (const verifiedBootState of ['unverified', 'failed'] as const) {
      const other = { change: boot({ verifiedBootState, verifiedBootKey }) };
      expect(await refusalOf(() => verify(other, { bootKeys }))).toEqual(rejectedFor('boot_not_verified'));
    }
  });

  it('may say that it is verified with a key that is all zero', async () => {
    const verdict = await verify({ change: boot({ verifiedBootKey: '00'.repeat(32) }) });
    expect(verdict.device.integrity).toBe('strong');
  });
});

describe('what is refused', () => {
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
  const app = (packages: readonly string[], signatureDigests: readonly string[]) =>
    software({
      attestationApplicationId: {
        packages: packages.map((name) => ({ name, version: 1 })),
        signatureDigests,
      },
    });
  const ours = keystore.packageName;
  const signer = keystore.certificateSha256;

  it.each<[string, Partial<FakeAttestationRequest>, readonly string[]]>([
    ['another key', { publicKey: other }, ['attested_key_mismatch']],
    ['another challenge', { challenge: randomBytes(32) }, ['binding_mismatch']],
    ['a challenge cut off', { challenge: challenge.subarray(0, 31) }, ['binding_mismatch']],
    ['no challenge', { challenge: new Uint8Array() }, ['binding_mismatch']],
    [
      'a key in software',
      { change: change({ keyMintSecurityLevel: 'software' }) },
      ['security_level_too_low'],
    ],
    [
      'an attestation by software',
      { change: change({ attestationSecurityLevel: 'software' }) },
      ['security_level_too_low'],
    ],
    [
      'levels that differ',
      { change: change({ attestationSecurityLevel: 'strongbox' }) },
      ['security_level_too_low'],
    ],
    [
      'levels that we do not know',
      { change: change({ attestationSecurityLevel: 'unknown', keyMintSecurityLevel: 'unknown' }) },
      ['security_level_too_low'],
    ],
    ['another package', { change: app(['com.example.other'], [signer]) }, ['app_package_mismatch']],
    ['another package too', { change: app([ours, 'com.example.other'], [signer]) }, ['app_package_mismatch']],
    ['no package', { change: app([], [signer]) }, ['app_package_mismatch']],
    ['another signer', { change: app([ours], [otherDigest]) }, ['app_certificate_mismatch']],
    ['no signer', { change: app([ours], []) }, ['app_certificate_mismatch']],
    ['no app', { change: software({ attestationApplicationId: null }) }, ['attestation_incomplete']],
    [
      'an app that the hardware names, and not the system',
      {
        change: (honest) => {
          const { attestationApplicationId, ...rest } = honest.softwareEnforced;
          return {
            ...honest,
            softwareEnforced: rest,
            hardwareEnforced: {
              ...honest.hardwareEnforced,
              ...(attestationApplicationId !== undefined && { attestationApplicationId }),
            },
          };
        },
      },
      ['attestation_incomplete'],
    ],
    [
      'an app in another form',
      {
        change: software({
          attestationApplicationId: null,
          unknownTags: [{ tag: 709, value: '0400' }],
        }),
      },
      ['attestation_incomplete'],
    ],
    ['a key for all apps', { change: hardware({ allApplications: true }) }, ['app_package_mismatch']],
    [
      'a key for all apps, says the system',
      { change: software({ allApplications: true }) },
      ['app_package_mismatch'],
    ],
    [
      'a key for all apps, in another form',
      { change: hardware({ unknownTags: [{ tag: 600, value: '0101ff' }] }) },
      ['app_package_mismatch'],
    ],
    ['an unlocked bootloader', { change: boot({ deviceLocked: false }) }, ['bootloader_unlocked']],
    ['an unverified system', { change: boot({ verifiedBootState: 'unverified' }) }, ['boot_not_verified']],
    ['a system that failed', { change: boot({ verifiedBootState: 'failed' }) }, ['boot_not_verified']],
    [
      'a system of another maker',
      { change: boot({ verifiedBootState: 'self-signed' }) },
      ['boot_not_verified'],
    ],
    [
      'an unlocked bootloader and an unverified system',
      { change: boot({ deviceLocked: false, verifiedBootState: 'unverified' }) },
      ['bootloader_unlocked', 'boot_not_verified'],
    ],
    ['no root of trust', { change: hardware({ rootOfTrust: null }) }, ['attestation_incomplete']],
    [
      'a root of trust that the system tells',
      {
        change: (honest) => {
          const { rootOfTrust = null, ...rest } = honest.hardwareEnforced;
          return {
            ...honest,
            softwareEnforced: { ...honest.softwareEnforced, rootOfTrust },
            hardwareEnforced: rest,
          };
        },
      },
      ['attestation_incomplete'],
    ],
    ['an imported key', { change: hardware({ origin: 2 }) }, ['key_not_generated']],
    ['a securely imported key', { change: hardware({ origin: 4 }) }, ['key_not_generated']],
    ['no origin', { change: hardware({ origin: null }) }, ['attestation_incomplete']],
    [
      'an origin that the system tells',
      {
        change: (honest) => software({ origin: 0 })(hardware({ origin: null })(honest)),
      },
      ['attestation_incomplete'],
    ],
    ['a key that may not sign', { change: hardware({ purpose: [3] }) }, ['key_purpose_refused']],
    ['a key that may decrypt', { change: hardware({ purpose: [1, 2] }) }, ['key_purpose_refused']],
    ['a key that may agree', { change: hardware({ purpose: [2, 6] }) }, ['key_purpose_refused']],
    ['an attestation key', { change: hardware({ purpose: [7] }) }, ['key_purpose_refused']],
    ['no purpose', { change: hardware({ purpose: null }) }, ['attestation_incomplete']],
    [
      'a purpose in another form',
      { change: hardware({ purpose: null, unknownTags: [{ tag: 1, value: '020102' }] }) },
      ['attestation_incomplete'],
    ],
    [
      'all of it at once',
      {
        publicKey: other,
        challenge: randomBytes(32),
        change: (honest) =>
          hardware({ origin: 2, purpose: [1] })(
            boot({ deviceLocked: false })(
              app(['com.example.other'], [otherDigest])(change({ keyMintSecurityLevel: 'software' })(honest)),
            ),
          ),
      },
      [
        'attested_key_mismatch',
        'binding_mismatch',
        'security_level_too_low',
        'app_package_mismatch',
        'app_certificate_mismatch',
        'bootloader_unlocked',
        'key_not_generated',
        'key_purpose_refused',
      ],
    ],
  ])('%s', async (_what, request, reasons) => {
    expect(await refusalOf(() => verify(request))).toEqual(rejectedFor(...reasons));
  });

  it('an ML-DSA key, for no request can name it', async () => {
    // SubjectPublicKeyInfo of id-ml-dsa-65 (RFC 9881): an algorithm of which Node.js 20 cannot import keys.
    const header = Buffer.from('308207b2300b0609608648016503040312038207a100', 'hex');
    const publicKey = Buffer.concat([header, randomBytes(1952)]);
    const evidence = keystore.attest({
      publicKey,
      challenge,
      change: (honest) =>
        hardware({ algorithm: 4, mlDsaVariant: 1, ecCurve: null })({ ...honest, attestationVersion: 500 }),
    });
    const bound = createBinding(challenge, publicKey);
    const call = () => providerWith().verify({ evidence, expected: bound, now: clock.now() });
    expect(await refusalOf(call)).toEqual(rejectedFor('attested_key_unsupported'));
  });

  it('an RSA key of 1024 bits', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    expect(await refusalOf(() => verify({ publicKey }))).toEqual(rejectedFor('attested_key_unsupported'));
  });

  it('the same key in another encoding', async () => {
    const compressed = Buffer.concat([
      Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex'),
      Buffer.of(2 + ((spki.at(-1) ?? 0) & 1)),
      spki.subarray(27, 59),
    ]);
    expect(await refusalOf(() => verify({ publicKey: compressed }))).toEqual(
      rejectedFor('attested_key_unsupported'),
    );
  });

  it('an attestation that is no KeyDescription', async () => {
    expect(await refusalOf(() => verify({ extension: Uint8Array.of(0x30, 0) }))).toEqual(malformed);
  });

  it('a chain of more than 64 KiB', async () => {
    const [leaf = '', ...rest] = keystoreChain().chain;
    const evidence = {
      provider: 'android-key-attestation',
      chain: [`${'A'.repeat(88_000)}${leaf}`, ...rest],
    };
    const call = () => providerWith().verify({ evidence, expected, now: clock.now() });
    expect(await refusalOf(call)).toEqual(malformed);
  });
});

describe('options', () => {
  it('let apps that share a user id stand beside ours', async () => {
    const sibling = 'com.example.sibling';
    const change = software({
      attestationApplicationId: {
        packages: [
          { name: sibling, version: 3 },
          { name: keystore.packageName, version: 5 },
        ],
        signatureDigests: ['ab', otherDigest, keystore.certificateSha256],
      },
    });
    const verdict = await verify({ change }, { sharedUserIdPackages: [sibling] });
    expect(verdict.app).toMatchObject({ packageName: keystore.packageName, version: '5' });
    expect(new Set(verdict.app.certificateSha256)).toEqual(
      new Set([otherDigest, keystore.certificateSha256]),
    );
    const alone = software({
      attestationApplicationId: {
        packages: [{ name: sibling, version: 3 }],
        signatureDigests: [keystore.certificateSha256],
      },
    });
    expect(await refusalOf(() => verify({ change: alone }, { sharedUserIdPackages: [sibling] }))).toEqual(
      rejectedFor('app_package_mismatch'),
    );
  });

  it('take digests in hex with colons too', async () => {
    const pasted = keystore.certificateSha256.toUpperCase().replaceAll(/..(?=.)/g, '$&:');
    await expect(verify({}, { certificateSha256: [otherDigest, pasted] })).resolves.toBeDefined();
  });

  it('bound how many attestation certificates a phone was given', async () => {
    const issuers = { provisioning: Uint8Array.of(0xa1, 0x01, 0x18, 0x80) };
    const refusal = await refusalOf(() => verify({ issuers }, { maxCertificatesIssued: 127 }));
    expect(refusal).toEqual(rejectedFor('provisioning_rate_too_high'));
    const verdict = await verify({ issuers }, { maxCertificatesIssued: 128 });
    expect(verdict.details.provisioning?.certificatesIssued).toBe(128);
    await expect(verify({ issuers })).resolves.toBeDefined();
    await expect(verify({ shape: 'factory' }, { maxCertificatesIssued: 1 })).resolves.toMatchObject({
      details: { provisioning: null },
    });
  });

  it.each([
    [
      'in part',
      'a30108036347 6f6f0463544545',
      { certificatesIssued: 8, manufacturer: 'Goo', securityLevel: 'TEE' },
    ],
    [
      'with other types',
      'a30163414243030104f5',
      { certificatesIssued: null, manufacturer: null, securityLevel: null },
    ],
    ['with trailing bytes', 'a1010800', null],
    ['not as a map', '8101', null],
    ['not at all', 'ff', null],
    ['empty', '', null],
  ])('read provisioning information that is filled %s', async (_what, hex, provisioning) => {
    const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    const verdict = await verify({ issuers: { provisioning: bytes } }, { maxCertificatesIssued: 8 });
    expect(verdict.details.provisioning).toEqual(provisioning);
  });

  it('let a team go without verified boot, and then neither system nor app count', async () => {
    const requirements = [requireGenerated(), requireSigningPurpose()];
    for (const part of [
      { deviceLocked: false },
      { verifiedBootState: 'unverified' },
      { verifiedBootState: 'self-signed' },
    ]) {
      const verdict = await verify({ change: boot(part) }, { requirements });
      expect(verdict.device.integrity).toBe('failed');
      expect(verdict.app.recognition).toBe('unevaluated');
    }
    const verdict = await verify({ change: hardware({ rootOfTrust: null }) }, { requirements });
    expect(verdict).toMatchObject({
      device: { integrity: 'failed' },
      app: { recognition: 'unevaluated' },
      details: { boot: null },
    });
    // Good phones are as good as before.
    await expect(verify({}, { requirements })).resolves.toMatchObject({ device: { integrity: 'strong' } });
  });

  it('never let a team go without hardware', async () => {
    const software = change({
      attestationSecurityLevel: 'software',
      keyMintSecurityLevel: 'software',
    });
    expect(await refusalOf(() => verify({ change: software }, { requirements: [] }))).toEqual(
      rejectedFor('security_level_too_low'),
    );
  });

  it('take requirements of others', async () => {
    const never: KeyAttestationRequirement = { name: 'never', evaluate: () => ['not_today'] };
    expect(await refusalOf(() => verify({}, { requirements: [never, never] }))).toEqual(
      rejectedFor('not_today'),
    );
  });

  it.each<[string, Options]>([
    ['packageName', { packageName: 'app' }],
    ['sharedUserIdPackages[0]', { sharedUserIdPackages: [''] }],
    ['certificateSha256', { certificateSha256: [] }],
    ['certificateSha256[1]', { certificateSha256: [otherDigest, 'ab'] }],
    ['bootKeys[0]', { bootKeys: ['ab'] }],
    ['bootKeys[0]', { bootKeys: ['00'.repeat(32)] }],
    ['roots', { roots: [] }],
    ['roots', { roots: ['text'] }],
    ['roots', { roots: ['-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n'] }],
    ['maxCertificatesIssued', { maxCertificatesIssued: 0 }],
    ['attestKeys', { attestKeys: 'yes' as 'accept' }],
    ['suspended', { suspended: 'ignore' as 'accept' }],
  ])('are checked: %s', (option, options) => {
    const error = thrownBy(() => providerWith(options));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option });
  });

  it('have no place for a software root', () => {
    const { chain } = keystore.attest({ publicKey: spki, challenge, shape: 'software' });
    const root = new X509Certificate(Buffer.from(chain.at(-1) ?? '', 'base64')).toString();
    expect(thrownBy(() => providerWith({ roots: [...keystore.roots, root] }))).toMatchObject({
      option: 'roots',
    });
  });

  it('have the roots of Google pinned', async () => {
    expect(parseAttestationRoots(googleAttestationRoots).map(({ publicKey }) => publicKey.sha256)).toEqual([
      'feb2ea7551ee316ed4bb443c8293b884dbfdea40b603ee3e4f4a897e4580fbae',
      '3ee44512a1af2beb39c889490c60ea3f82e43f5d5a5532f5ab9419f676cd07ec',
    ]);
    const pinned = createAndroidKeyAttestationProvider({
      packageName: keystore.packageName,
      certificateSha256: [keystore.certificateSha256],
      statusList: emptyList,
    });
    const evidence = keystore.attest({ publicKey: spki, challenge });
    const call = () => pinned.verify({ evidence, expected, now: clock.now() });
    expect(await refusalOf(call)).toEqual(rejectedFor('no_trust_anchor'));
  });
});

describe('requirements', () => {
  it.each<[string, KeyAttestationRequirement, ChangeKeyDescription, readonly string[]]>([
    ['a StrongBox', requireSecurityLevel('strongbox'), (honest) => honest, ['security_level_too_low']],
    ['patches of the month', requirePatchLevel({ maxAgeMonths: 0 }), (honest) => honest, []],
    [
      'patches of the month, where there are none',
      requirePatchLevel({ maxAgeMonths: 0 }),
      hardware({ osPatchLevel: 202_602 }),
      ['patch_level_too_old'],
    ],
    [
      'patches of three months, over new year',
      requirePatchLevel({ maxAgeMonths: 3 }),
      hardware({ osPatchLevel: 202_512 }),
      [],
    ],
    [
      'patches of three months, older by one',
      requirePatchLevel({ maxAgeMonths: 3 }),
      hardware({ osPatchLevel: 202_511 }),
      ['patch_level_too_old'],
    ],
    [
      'patches of the vendor',
      requirePatchLevel({ maxAgeMonths: 1, of: 'vendor' }),
      hardware({ vendorPatchLevel: 20_260_131 }),
      ['patch_level_too_old'],
    ],
    [
      'patches of the vendor, by the month',
      requirePatchLevel({ maxAgeMonths: 1, of: 'vendor' }),
      hardware({ vendorPatchLevel: 202_602 }),
      [],
    ],
    [
      'patches of the bootloader',
      requirePatchLevel({ maxAgeMonths: 1, of: 'boot' }),
      hardware({ bootPatchLevel: 20_250_101 }),
      ['patch_level_too_old'],
    ],
    ...[null, 0, 1, 202_600, 202_613, 2_026_031, 20_260_332, 202_605, 999_912].map(
      (osPatchLevel): [string, KeyAttestationRequirement, ChangeKeyDescription, readonly string[]] => [
        `patches, where the level is ${osPatchLevel}`,
        requirePatchLevel({ maxAgeMonths: 120 }),
        hardware({ osPatchLevel }),
        ['attestation_incomplete'],
      ],
    ),
    [
      'patches, where the level is in another form',
      requirePatchLevel({ maxAgeMonths: 120 }),
      hardware({ osPatchLevel: null, unknownTags: [{ tag: 706, value: '0400' }] }),
      ['attestation_incomplete'],
    ],
    [
      'patches, where only the system tells',
      requirePatchLevel({ maxAgeMonths: 120 }),
      (honest) => software({ osPatchLevel: 202_603 })(hardware({ osPatchLevel: null })(honest)),
      ['attestation_incomplete'],
    ],
  ])('%s', async (_what, requirement, change, reasons) => {
    const requirements = [...defaultKeyAttestationRequirements, requirement];
    const call = () => verify({ change }, { requirements });
    if (reasons.length === 0) await expect(call()).resolves.toBeDefined();
    else expect(await refusalOf(call)).toEqual(rejectedFor(...reasons));
  });

  it('of the default are verified boot, generation and signing', () => {
    expect(defaultKeyAttestationRequirements.map(({ name }) => name)).toEqual(
      [requireVerifiedBoot(), requireGenerated(), requireSigningPurpose()].map(({ name }) => name),
    );
  });

  it.each<[string, () => unknown]>([
    ['maxAgeMonths', () => requirePatchLevel({ maxAgeMonths: -1 })],
    ['maxAgeMonths', () => requirePatchLevel({ maxAgeMonths: 0.5 })],
    ['of', () => requirePatchLevel({ maxAgeMonths: 1, of: 'kernel' as 'boot' })],
    ['level', () => requireSecurityLevel('software' as 'strongbox')],
    ['level', () => requireSecurityLevel('toString' as 'strongbox')],
  ])('are checked: %s', (option, create) => {
    const error = thrownBy(create);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option });
  });
});
