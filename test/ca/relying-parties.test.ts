import { describe, expect, it } from 'vitest';
import { issueCaCrl } from '../../src/ca/ca-crl.js';
import { hasTool, runTool, type ToolAnswer } from '../run-tool.js';
import {
  certificatePem,
  createAuthority,
  crlPem,
  daysFromNow,
  deviceCa,
  issueDevice,
  now,
  root,
  rootKey,
} from './pki.js';

// What programs that know nothing of this library make of a device certificate and the CRLs of its issuer.

const authority = createAuthority({ crlShards: 2 });
const [{ issuerId }] = authority.issuers;
const times = { thisUpdate: now, nextUpdate: daysFromNow(1) };

const device = await issueDevice(authority);
const { serialNumber, crlShard } = device.prepared;
const revoked = [{ serialNumber, revokedAt: now, reason: 'keyCompromise' as const }];
const sign = (shard: number | null, entries = revoked): Promise<Uint8Array> =>
  authority.signCrl({ ...times, issuerId, shard, number: 1n, deltaBase: null, namesDelta: false, entries });

const rootCrl = await issueCaCrl({
  issuer: { certificate: root, privateKey: rootKey },
  number: 1n,
  ...times,
});
const lists = {
  'the list of its shard, which does not name it': await sign(crlShard, []),
  'the complete list, which does not name it': await sign(null, []),
  'the list of its shard, which names it': await sign(crlShard),
  'the complete list, which names it': await sign(null),
  'the list of another shard': await sign(1 - crlShard, []),
};
type List = keyof typeof lists;
const good: readonly List[] = [
  'the list of its shard, which does not name it',
  'the complete list, which does not name it',
];
const bad: readonly List[] = ['the list of its shard, which names it', 'the complete list, which names it'];

const filesWith = (list: List): Record<string, string> => ({
  root: certificatePem(root),
  ca: certificatePem(deviceCa),
  chain: certificatePem(device.certificate) + certificatePem(deviceCa),
  device: certificatePem(device.certificate),
  crls: crlPem(lists[list]) + crlPem(rootCrl),
});

describe('OpenSSL, strictly', () => {
  const verify = (list: List): ToolAnswer => {
    const args = ['verify', '-x509_strict', '-purpose', 'sslclient', '-CAfile', '@root', '-untrusted', '@ca'];
    return runTool('openssl', [...args, '-CRLfile', '@crls', '-crl_check_all', '@device'], filesWith(list));
  };

  it.each(good)('accepts the certificate with %s', (list) => {
    expect(verify(list).output).toMatch(/: OK\n$/);
  });

  it.each(bad)('refuses the certificate with %s', (list) => {
    expect(verify(list).output).toContain('certificate revoked');
  });

  it('refuses the certificate with the list of another shard, which says nothing of it', () => {
    expect(verify('the list of another shard').output).toMatch(/CRL scope|unable to get certificate CRL/);
  });

  it.each([crlShard, null])(
    'finds out from a delta if it is told to read deltas: shard %s',
    async (shard) => {
      const complete = {
        ...times,
        issuerId,
        shard,
        number: 4n,
        deltaBase: null,
        namesDelta: true,
        entries: [],
      };
      const delta = { ...complete, number: 5n, deltaBase: 4n, namesDelta: false, entries: revoked };
      const crls = [await authority.signCrl(complete), await authority.signCrl(delta), rootCrl];
      const files = {
        ...filesWith('the complete list, which does not name it'),
        crls: crls.map(crlPem).join(''),
      };
      const args = ['verify', '-x509_strict', '-CAfile', '@root', '-untrusted', '@ca', '-CRLfile', '@crls'];
      const verify = (...options: readonly string[]) =>
        runTool('openssl', [...args, '-crl_check_all', ...options, '@device'], files).output;
      expect(verify()).toMatch(/: OK\n$/);
      expect(verify('-use_deltas')).toContain('certificate revoked');
    },
  );

  it('refuses the certificate as that of a server', () => {
    const args = ['verify', '-purpose', 'sslserver', '-CAfile', '@root', '-untrusted', '@ca', '@device'];
    expect(runTool('openssl', args, filesWith('the complete list, which names it')).status).not.toBe(0);
  });
});

describe.skipIf(!hasTool('certtool'))('GnuTLS', () => {
  const verify = (list: List): ToolAnswer => {
    const args = ['--verify', '--infile', '@chain', '--load-ca-certificate', '@root', '--load-crl', '@crls'];
    return runTool('certtool', [...args, '--verify-purpose', '1.3.6.1.5.5.7.3.2'], filesWith(list));
  };

  it.each(good)('accepts the certificate with %s', (list) => {
    expect(verify(list).status).toBe(0);
  });

  it.each(bad)('refuses the certificate with %s', (list) => {
    expect(verify(list)).toMatchObject({ output: expect.stringContaining('is revoked') as string });
  });

  // It reads the critical issuingDistributionPoint and does not act on it: give it the complete list, never that of a shard.
  it('accepts a revoked certificate with the list of another shard', () => {
    expect(verify('the list of another shard').status).toBe(0);
  });
});

describe.skipIf(!hasTool('java'))('Java', () => {
  const program = `
import java.io.*; import java.nio.file.*; import java.security.cert.*; import java.util.*;
public class Validate {
  static InputStream open(String name) throws IOException { return Files.newInputStream(Path.of(name)); }
  public static void main(String[] names) throws Exception {
    var factory = CertificateFactory.getInstance("X.509");
    var root = (X509Certificate) factory.generateCertificate(open("root"));
    var path = factory.generateCertPath(new ArrayList<>(factory.generateCertificates(open("chain"))));
    for (var name : names) {
      var parameters = new PKIXParameters(Set.of(new TrustAnchor(root, null)));
      var store = new CollectionCertStoreParameters(factory.generateCRLs(open(name)));
      parameters.addCertStore(CertStore.getInstance("Collection", store));
      var validator = CertPathValidator.getInstance("PKIX");
      var checker = (PKIXRevocationChecker) validator.getRevocationChecker();
      var preferCrls = PKIXRevocationChecker.Option.PREFER_CRLS;
      checker.setOptions(EnumSet.of(preferCrls, PKIXRevocationChecker.Option.NO_FALLBACK));
      parameters.addCertPathChecker(checker);
      try {
        validator.validate(path, parameters);
        System.out.println("accepted");
      } catch (CertPathValidatorException refusal) {
        System.out.println(refusal.getReason());
      }
    }
  }
}`;

  it('accepts and refuses the certificate with the lists as it should', () => {
    const names = [...good, ...bad, 'the list of another shard'] as const;
    const crls = Object.fromEntries(
      names.map((list, index) => [`crls${index}`, filesWith(list)['crls'] ?? '']),
    );
    const files = { ...filesWith('the list of another shard'), ...crls, 'Validate.java': program };
    const { output } = runTool('java', ['@Validate.java', ...Object.keys(crls)], files);
    expect(output.trim().split('\n')).toEqual([
      'accepted',
      'accepted',
      'REVOKED',
      'REVOKED',
      'UNDETERMINED_REVOCATION_STATUS',
    ]);
  });
});
