import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { decodeBase64, sha256 } from '../../src/core/bytes.js';
import { errorCodes } from '../../src/core/error-code.js';
import { createBinding } from '../../src/enrolment/binding.js';
import { parseIssuanceRequest } from '../../src/http/issuance-request.js';
import {
  decodeCertificationRequest,
  parseCertificationRequest,
  verifyCertificationRequest,
} from '../../src/x509/certification-request.js';
import { hasTool, runTool } from '../run-tool.js';
import { codeBlocks, ruleBytes, ruleRow } from './guide.js';

/** What a schema of the OpenAPI document says that these tests ask for. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

interface Content {
  readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
}

const openApi = parse(readFileSync('docs/openapi.yaml', 'utf8')) as {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { responses: Readonly<Record<string, Content>> }>>>
  >;
  readonly components: {
    readonly requestBodies: Readonly<Record<string, Content>>;
    readonly responses: Readonly<Record<string, Content>>;
    readonly schemas: Readonly<Record<string, Schema>>;
  };
};

function schemaOf(content: Content | undefined): Schema {
  const [only] = Object.values(content?.content ?? {});
  if (!only) throw new Error('no schema');
  return only.schema;
}

function resolveSchema(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  return openApi.components.schemas[schema.$ref.slice('#/components/schemas/'.length)] ?? {};
}

/** The names of all members, those of members too. */
function membersOf(schema: Schema): readonly string[] {
  return Object.entries(resolveSchema(schema).properties ?? {}).flatMap(([name, member]) => [
    name,
    ...membersOf(member),
  ]);
}

/** What is wrong with a value: members that are missing, unknown or of another type. */
function misfits(reference: Schema, value: unknown, at = ''): readonly string[] {
  const schema = resolveSchema(reference);
  if (schema.properties) {
    const members = value as Record<string, unknown>;
    const { properties } = schema;
    return [
      ...(schema.required ?? [])
        .filter((name) => !(name in members))
        .map((name) => `${at}${name} is missing`),
      ...Object.entries(members).flatMap(([name, member]) => {
        const inner = properties[name];
        return inner ? misfits(inner, member, `${at}${name}.`) : [`${at}${name} is unknown`];
      }),
    ];
  }
  const isInteger = schema.type === 'integer' && Number.isInteger(value);
  const ofType = schema.type === undefined || typeof value === schema.type || isInteger;
  const ofEnum = schema.enum === undefined || schema.enum.includes(String(value));
  const ofPattern = schema.pattern === undefined || new RegExp(schema.pattern).test(String(value));
  return ofType && ofEnum && ofPattern ? [] : [`${at} does not fit`];
}

const issuance = schemaOf(openApi.components.requestBodies['Issuance']);
const certificate = schemaOf(openApi.components.responses['Certificate']);
const problem = schemaOf(openApi.components.responses['Problem']);
const device = schemaOf(openApi.paths['/device']?.['get']?.responses['200']);

describe('the JSON of client-rules.md', () => {
  const examples = codeBlocks('client-rules.md', 'json').map(
    (text) => JSON.parse(text) as Record<string, unknown>,
  );
  const [request = {}, refusal, description] = examples;

  it('is three examples', () => {
    expect(examples).toHaveLength(3);
  });

  it('has a request that fits the schema, and that the server reads', () => {
    const withoutEvidence = Object.entries(request).filter(([name]) => name !== 'evidence');
    const properties = Object.entries(issuance.properties ?? {}).filter(([name]) => name !== 'evidence');
    const required = (issuance.required ?? []).filter((name) => name !== 'evidence');
    expect(
      misfits({ properties: Object.fromEntries(properties), required }, Object.fromEntries(withoutEvidence)),
    ).toEqual([]);
    expect(parseIssuanceRequest(request)).toMatchObject({ evidence: [], claimed: request['device'] });
  });

  it('has a problem and a device that fit their schemas', () => {
    expect(misfits(problem, refusal)).toEqual([]);
    expect(misfits(device, description)).toEqual([]);
  });

  it('has a problem with the title of its code', () => {
    expect(refusal?.['title']).toBe(errorCodes.RejectedError.tier_insufficient);
  });
});

describe('the test vectors of client-rules.md', () => {
  const scalar = ruleBytes('private key');
  const publicKeyInfo = ruleBytes('SubjectPublicKeyInfo');
  const challenge = decodeBase64(ruleRow('challenge')) ?? new Uint8Array();
  const point = publicKeyInfo.subarray(-64);
  const [x, y, d] = [point.subarray(0, 32), point.subarray(32), scalar].map((part) =>
    part.toString('base64url'),
  );
  const key = createPrivateKey({
    format: 'jwk',
    key: { kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '', d: d ?? '' },
  });
  const [request = '{}'] = codeBlocks('client-rules.md', 'json');
  const { csr = '' } = JSON.parse(request) as { csr?: string };

  function layout(name: string): Buffer {
    return Buffer.from(
      ruleRow(name).replace('SubjectPublicKeyInfo', publicKeyInfo.toString('hex')).replaceAll(' ', ''),
      'hex',
    );
  }

  it('name the public key of the private key', () => {
    expect(createPublicKey(key).export({ format: 'der', type: 'spki' })).toEqual(publicKeyInfo);
  });

  it('give the hashes and the binding, in each spelling', () => {
    const { binding } = createBinding(challenge, publicKeyInfo);
    expect(Buffer.from(sha256(challenge))).toEqual(ruleBytes('SHA-256(challenge bytes)'));
    expect(Buffer.from(sha256(publicKeyInfo))).toEqual(ruleBytes('SHA-256(SubjectPublicKeyInfo)'));
    expect(Buffer.from(binding)).toEqual(ruleBytes('binding'));
    expect(Buffer.from(binding).toString('base64url')).toBe(ruleRow('binding for Play Integrity'));
    expect(Buffer.from(binding).toString('base64')).toBe(ruleRow('binding for HarmonyOS'));
  });

  it('lay a CSR out so that a new one of the same parts verifies', () => {
    const signed = layout('what is signed');
    const algorithm = layout('algorithm, ecdsa-with-SHA256');
    const signature = sign('sha256', signed, key);
    const wrapped = Buffer.concat([Buffer.from([0x03, signature.length + 1, 0]), signature]);
    const parts = Buffer.concat([signed, algorithm, wrapped]);
    const der = Buffer.concat([Buffer.from([0x30, 0x81, parts.length]), parts]);
    const { publicKey } = verifyCertificationRequest(parseCertificationRequest(der));
    expect(Buffer.from(publicKey.spki)).toEqual(publicKeyInfo);
  });

  it('hold a CSR of that layout, which verifies', () => {
    const der = decodeCertificationRequest(csr);
    const expected = Buffer.concat([layout('what is signed'), layout('algorithm, ecdsa-with-SHA256')]);
    expect(Buffer.from(der).subarray(3, 3 + expected.length)).toEqual(expected);
    const { publicKey } = verifyCertificationRequest(parseCertificationRequest(der));
    expect(Buffer.from(publicKey.spki)).toEqual(publicKeyInfo);
  });

  it.runIf(hasTool('openssl'))('hold a CSR that OpenSSL verifies, too', () => {
    const der = decodeCertificationRequest(csr);
    const { status, output } = runTool(
      'openssl',
      ['req', '-inform', 'DER', '-in', '@csr', '-noout', '-verify'],
      {
        csr: der,
      },
    );
    expect({ status, output }).toMatchObject({
      status: 0,
      output: expect.stringMatching(/verify OK/) as string,
    });
  });
});

describe('the words of the protocol in the walk-throughs', () => {
  const paths = Object.keys(openApi.paths);
  const protocol = new Set([
    ...paths.flatMap((path) => [path, path.slice(1)]),
    ...[issuance, certificate, problem, device].flatMap((schema) => membersOf(schema)),
    ...['provider', 'token', 'challenge', 'expiresAt', 'purpose', 'enroll', 'renew', 'device-trust/v1'],
    ...['chain', 'keyId', 'attestation', 'assertion', 'play-integrity', 'huawei-sysintegrity'],
    ...['android-key-attestation', 'harmonyos-key-attestation', 'apple-app-attest'],
    ...(problem.properties?.['action']?.enum ?? []),
    ...Object.values(errorCodes).flatMap((codes) => Object.keys(codes)),
    ...['POST', 'application/json', 'application/problem+json', 'content-type', 'retry-after'],
  ]);

  /** What is neither protocol nor noise: names of the platforms. A word that is in no list is a typo until shown otherwise. */
  const walkThroughs = [
    {
      page: 'android-client.md',
      language: 'kotlin',
      platform: [
        ...['SHA-256', 'SHA256withECDSA', 'X.509', 'secp256r1', 'AndroidKeyStore', 'PS256', 'TLS'],
        ...['android', 'device-trust-renewal'],
      ],
    },
    { page: 'ios-client.md', language: 'swift', platform: ['ios', 'Apple', 'com.example.renewal'] },
    {
      page: 'harmonyos-client.md',
      language: 'typescript',
      platform: ['SHA256', 'ECC256', 'ECC256|SHA256', 'PEM', 'harmonyos', 'HUAWEI'],
    },
  ];

  function literals(code: string, language: string): readonly string[] {
    const bare = code.replaceAll(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, '').replaceAll(/^import .*$/gm, '');
    const quoted = language === 'typescript' ? /'((?:[^'\\\n]|\\.)*)'|`([^`]*)`/g : /"((?:[^"\\\n]|\\.)*)"/g;
    return [...bare.matchAll(quoted)]
      .map(([, first, second]) =>
        (first ?? second ?? '').replaceAll(/\$\{[^}]*\}|\$\w+|\\\([^)]*\)/g, '').trim(),
      )
      .filter((text) => /[a-z]{2}/i.test(text) && !text.startsWith('-----BEGIN'));
  }

  it.each(walkThroughs)('are all known in $page', ({ page, language, platform }) => {
    const words = codeBlocks(page, language).flatMap((code) => literals(code, language));
    const unknown = words.filter(
      (word) => !platform.includes(word) && !protocol.has(word) && !protocol.has(word.toLowerCase()),
    );
    expect(unknown).toEqual([]);
    expect(words).toEqual(
      expect.arrayContaining(['enroll', 'reattest', 'retry', 'application/problem+json']),
    );
  });

  it.each(walkThroughs)('are both ways to a certificate and the challenge in $page', ({ page, language }) => {
    const words = codeBlocks(page, language)
      .flatMap((code) => literals(code, language))
      .map((word) => word.replace(/^\//, ''));
    expect(words).toEqual(expect.arrayContaining(['challenges', 'certificates', 'certificates/renew']));
  });

  it.each([
    { page: 'ios-client.md', language: 'swift', type: 'DeviceCertificate', schema: certificate },
    {
      page: 'ios-client.md',
      language: 'swift',
      type: 'Renewal',
      schema: { $ref: '#/components/schemas/Renewal' },
    },
    { page: 'harmonyos-client.md', language: 'typescript', type: 'DeviceCertificate', schema: certificate },
    {
      page: 'harmonyos-client.md',
      language: 'typescript',
      type: 'Renewal',
      schema: { $ref: '#/components/schemas/Renewal' },
    },
    { page: 'harmonyos-client.md', language: 'typescript', type: 'IssuanceRequest', schema: issuance },
  ])('are the members of $type in $page', ({ page, language, type, schema }) => {
    const code = codeBlocks(page, language).join('\n');
    const [, body = ''] = new RegExp(`(?:struct|interface) ${type}\\b[^{]*\\{([^}]*)\\}`).exec(code) ?? [];
    const members = [...body.matchAll(/(\w+)\??: /g)].map(([, name = '']) => name);
    expect(members.sort()).toEqual(Object.keys(resolveSchema(schema).properties ?? {}).sort());
  });
});
