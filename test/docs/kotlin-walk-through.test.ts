import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  decodeCertificationRequest,
  parseCertificationRequest,
  verifyCertificationRequest,
} from '../../src/x509/certification-request.js';
import { hasTool, runTool } from '../run-tool.js';
import { codeBlocks, ruleBytes, ruleRow } from './guide.js';

/** Prints what the first block of the guide makes of the test vectors: hex, and text as it is. */
const PROGRAM = `
fun main(args: Array<String>) {
    val bytes = args.map { Base64.getDecoder().decode(it) }
    val keys = KeyFactory.getInstance("EC")
    val publicKey = keys.generatePublic(java.security.spec.X509EncodedKeySpec(bytes[1]))
    val privateKey = keys.generatePrivate(java.security.spec.PKCS8EncodedKeySpec(bytes[0]))
    val binding = createBinding(String(bytes[2]), publicKey)
    println(binding.joinToString("") { "%02x".format(it) })
    println(base64Url(binding))
    println(base64Url(createCsr(KeyPair(publicKey, privateKey))))
    println(der(0x04, ByteArray(300)).take(4).joinToString("") { "%02x".format(it) })
    val moments = (1..1000).map { pickMoment(1000, 2000, SecureRandom()) }
    println(moments.all { it in 1000..1999 })
    println((1..30).all { waitBefore(it, 7, SecureRandom()) in 7000..607000 })
}
`;

/**
 * A compiler of Kotlin is on few machines; where there is none, the same functions are tested as ArkTS. Where CI runs it must be
 * there.
 */
describe.skipIf(!hasTool('kotlinc') && process.env['CI'] !== 'true')(
  'the bytes of the Kotlin walk-through',
  () => {
    const directory = mkdtempSync(join(tmpdir(), 'device-trust-kotlin-'));
    const publicKeyInfo = ruleBytes('SubjectPublicKeyInfo');
    let lines: readonly string[] = [];

    beforeAll(() => {
      const [source = ''] = codeBlocks('android-client.md', 'kotlin');
      writeFileSync(join(directory, 'Bytes.kt'), source + PROGRAM);
      const jar = join(directory, 'bytes.jar');
      const compiled = runTool('kotlinc', [join(directory, 'Bytes.kt'), '-include-runtime', '-d', jar]);
      if (compiled.status !== 0) throw new Error(compiled.output);
      const [x, y] = [publicKeyInfo.subarray(-64, -32), publicKeyInfo.subarray(-32)];
      const key = createPrivateKey({
        format: 'jwk',
        key: {
          kty: 'EC',
          crv: 'P-256',
          x: x.toString('base64url'),
          y: y.toString('base64url'),
          d: ruleBytes('private key').toString('base64url'),
        },
      });
      const given = [
        key.export({ format: 'der', type: 'pkcs8' }),
        publicKeyInfo,
        Buffer.from(ruleRow('challenge')),
      ];
      const ran = runTool('java', ['-cp', jar, 'BytesKt', ...given.map((bytes) => bytes.toString('base64'))]);
      if (ran.status !== 0) throw new Error(ran.output);
      lines = ran.output.trim().split('\n');
    }, 120_000);

    afterAll(() => {
      rmSync(directory, { recursive: true, force: true });
    });

    it('give the binding of the test vectors', () => {
      expect(lines.slice(0, 2)).toEqual([ruleRow('binding'), ruleRow('binding for Play Integrity')]);
    });

    it('make a CSR that verifies', () => {
      const der = decodeCertificationRequest(lines[2] ?? '');
      const { publicKey } = verifyCertificationRequest(parseCertificationRequest(der));
      expect(Buffer.from(publicKey.spki)).toEqual(publicKeyInfo);
    });

    it('write long lengths as DER does', () => {
      expect(lines[3]).toBe('0482012c');
    });

    it('pick moments of the window, and wait for as long as the server asks', () => {
      expect(lines.slice(4)).toEqual(['true', 'true']);
    });
  },
);
