import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runToolMeanwhile } from '../run-tool.js';
import { isMissing } from './foreground-server.js';
import { type DeviceName, type Fleet, type ListName, startFleet } from './relying-parties-fleet.js';
import { startHaproxy, startNginx } from './relying-parties-server.js';

// A backend with its status listener, and programs that know nothing of this library: what do they make of a revoked device, and
// of those next to it?

type Lists = Awaited<ReturnType<Fleet['fetchLists']>>;

let fleet: Fleet;
let before: Lists;
let after: Lists;

beforeAll(async () => {
  fleet = await startFleet();
  before = await fleet.fetchLists();
  await fleet.revokeTheStolenOne();
  after = await fleet.fetchLists();
});
afterAll(() => fleet.close());

const good: readonly DeviceName[] = ['neighbour', 'distant'];
const filesOf = (name: DeviceName) => ({
  root: fleet.root,
  ca: fleet.deviceCa,
  cas: fleet.deviceCa + fleet.root,
  device: fleet.devices[name].certificate,
  chain: fleet.devices[name].certificate + fleet.deviceCa,
});
const bundle = (lists: Lists, ...names: readonly ListName[]) =>
  [...names.map((name) => lists[name]), fleet.rootCrl].join('');

describe('OpenSSL', () => {
  const verify = async (name: DeviceName, args: readonly string[], crls = '') =>
    runToolMeanwhile(
      'openssl',
      ['verify', '-x509_strict', '-CAfile', '@root', '-untrusted', '@ca', ...args, '@device'],
      { ...filesOf(name), crls },
    );
  const fetching = ['-crl_check', '-crl_download'];
  const withLists = ['-crl_check_all', '-CRLfile', '@crls'];

  it.each(good)('accepts the %s device with the list that its certificate names', async (name) => {
    expect((await verify(name, fetching)).output).toMatch(/: OK\n$/);
  });

  it('refuses the stolen one with the list that its certificate names', async () => {
    expect((await verify('stolen', fetching)).output).toContain('certificate revoked');
  });

  it('accepts the stolen one with the list from before it was revoked', async () => {
    const crls = bundle(before, 'the shard of the stolen one');
    expect((await verify('stolen', withLists, crls)).output).toMatch(/: OK\n$/);
  });

  it('finds the right list among those of all shards', async () => {
    const crls = bundle(after, 'the other shard', 'the shard of the stolen one');
    for (const name of good) expect((await verify(name, withLists, crls)).output).toMatch(/: OK\n$/);
    expect((await verify('stolen', withLists, crls)).output).toContain('certificate revoked');
  });

  it('does not take the list of another shard for an answer', async () => {
    const { output, status } = await verify('stolen', withLists, bundle(after, 'the other shard'));
    expect(status).not.toBe(0);
    expect(output).toMatch(/CRL scope|unable to get certificate CRL/);
  });

  it.each<[DeviceName, string]>([
    ['neighbour', 'good'],
    ['distant', 'good'],
    ['stolen', 'revoked'],
  ])('hears over OCSP, where the certificate says, of the %s device that it is %s', async (name, status) => {
    const args = ['ocsp', '-CAfile', '@root', '-issuer', '@ca', '-cert', '@device', '-url'];
    const { output } = await runToolMeanwhile(
      'openssl',
      [...args, fleet.devices[name].ocspUrl],
      filesOf(name),
    );
    expect(output).toContain('Response verify OK');
    expect(output).toContain(`: ${status}\n`);
  });
});

describe.skipIf(isMissing('certtool'))('GnuTLS', () => {
  const verify = async (name: DeviceName, crls: string) =>
    runToolMeanwhile(
      'certtool',
      ['--verify', '--infile', '@chain', '--load-ca-certificate', '@root', '--load-crl', '@crls'],
      { ...filesOf(name), crls },
    );

  it.each(good)('accepts the %s device with the complete list', async (name) => {
    expect(await verify(name, bundle(after, 'all shards'))).toMatchObject({ status: 0 });
  });

  it('refuses the stolen one with the complete list', async () => {
    const { status, output } = await verify('stolen', bundle(after, 'all shards'));
    expect(status).not.toBe(0);
    expect(output).toContain('is revoked');
  });

  it('accepts the stolen one with the complete list from before it was revoked', async () => {
    expect(await verify('stolen', bundle(before, 'all shards'))).toMatchObject({ status: 0 });
  });
});

describe.skipIf(isMissing('ocsptool'))('GnuTLS over OCSP', () => {
  it.each<[DeviceName, string]>([
    ['neighbour', 'good'],
    ['distant', 'good'],
    ['stolen', 'revoked'],
  ])('hears, where the certificate says, of the %s device that it is %s', async (name, status) => {
    const args = ['--ask', '--load-chain', '@chain', '--load-trust', '@cas'];
    const { output } = await runToolMeanwhile('ocsptool', args, filesOf(name));
    expect(output).toContain('Verifying OCSP Response: Success');
    expect(output).toContain(`Certificate Status: ${status}`);
  });
});

describe.skipIf(isMissing('javac'))('Java, which asks by itself', () => {
  const program = `
import java.nio.file.*; import java.security.cert.*; import java.util.*;
import java.security.cert.PKIXRevocationChecker.Option;
public class Validate {
  static Certificate read(String name) throws Exception {
    return CertificateFactory.getInstance("X.509").generateCertificate(Files.newInputStream(Path.of(name)));
  }
  public static void main(String[] args) throws Exception {
    var options = EnumSet.of(Option.ONLY_END_ENTITY, Option.NO_FALLBACK);
    if (args[0].equals("CRL")) options.add(Option.PREFER_CRLS);
    for (var name : List.of("neighbour", "distant", "stolen")) {
      var path = CertificateFactory.getInstance("X.509").generateCertPath(List.of(read(name), read("ca")));
      var parameters = new PKIXParameters(Set.of(new TrustAnchor((X509Certificate) read("root"), null)));
      var validator = CertPathValidator.getInstance("PKIX");
      var checker = (PKIXRevocationChecker) validator.getRevocationChecker();
      checker.setOptions(options);
      parameters.addCertPathChecker(checker);
      try {
        validator.validate(path, parameters);
        System.out.println(name + " accepted");
      } catch (CertPathValidatorException refusal) {
        System.out.println(name + " " + refusal.getReason());
      }
    }
  }
}`;

  it.each(['CRL', 'OCSP'])('accepts the good ones and refuses the stolen one by %s', async (means) => {
    const { neighbour, distant, stolen } = fleet.devices;
    const files = {
      'Validate.java': program,
      root: fleet.root,
      ca: fleet.deviceCa,
      neighbour: neighbour.certificate,
      distant: distant.certificate,
      stolen: stolen.certificate,
    };
    const args = ['-Dcom.sun.security.enableCRLDP=true', '@Validate.java', means];
    const { output } = await runToolMeanwhile('java', args, files);
    expect(output.trim().split('\n')).toEqual(['neighbour accepted', 'distant accepted', 'stolen REVOKED']);
  });
});

const accepted = /^SUCCESS$/;

describe.each([
  {
    program: 'nginx',
    start: (crls: string) => startNginx(fleet, 'ssl_crl @DIR@/crls.pem;', crls),
    revoked: /^FAILED:certificate revoked$/,
    noList: /^FAILED:(Different CRL scope|unable to get certificate CRL)$/,
  },
  {
    program: 'haproxy',
    start: (crls: string) => startHaproxy(fleet, crls),
    // X509_V_ERR_CERT_REVOKED.
    revoked: /^FAILED:23$/,
    // Not every error is left to the rule: of some, curl hears while it connects, sends or receives.
    noList: /^FAILED:\d+$|^curl: \((35|55|56)\)/,
  },
])('$program with CRLs', ({ program, start, revoked, noList }) => {
  /** What each device gets from a server that has these lists. */
  async function ask(crls: string): Promise<Readonly<Record<DeviceName, string>>> {
    const server = await start(crls);
    try {
      const { neighbour, distant, stolen } = fleet.devices;
      return {
        neighbour: await server.ask(neighbour),
        distant: await server.ask(distant),
        stolen: await server.ask(stolen),
      };
    } finally {
      await server.stop();
    }
  }

  it.skipIf(isMissing(program))('takes all devices before one is revoked', async () => {
    const answers = await ask(bundle(before, 'the shard of the stolen one', 'the other shard'));
    expect(answers.neighbour).toMatch(accepted);
    expect(answers.distant).toMatch(accepted);
    expect(answers.stolen).toMatch(accepted);
  });

  it.skipIf(isMissing(program)).each<[string, readonly ListName[]]>([
    ['the lists of all shards', ['the shard of the stolen one', 'the other shard']],
    ['the complete list', ['all shards']],
  ])('refuses the stolen one, and no other, with %s', async (_what, names) => {
    const answers = await ask(bundle(after, ...names));
    expect(answers.neighbour).toMatch(accepted);
    expect(answers.distant).toMatch(accepted);
    expect(answers.stolen).toMatch(revoked);
  });

  it.skipIf(isMissing(program))('takes no device of a shard whose list it does not have', async () => {
    const answers = await ask(bundle(after, 'the shard of the stolen one'));
    expect(answers.neighbour).toMatch(accepted);
    expect(answers.distant).toMatch(noList);
    expect(answers.stolen).toMatch(revoked);
  });

  it.skipIf(isMissing(program))('takes no device without the list of the root', async () => {
    const answers = await ask(after['the shard of the stolen one'] + after['the other shard']);
    expect(answers.neighbour).toMatch(noList);
    expect(answers.distant).toMatch(noList);
  });
});

describe.skipIf(isMissing('nginx'))('nginx with OCSP', () => {
  it('takes a device until the very moment it is revoked, and its neighbours beyond that', async () => {
    const other = await startFleet();
    const server = await startNginx(other, 'ssl_ocsp leaf;');
    try {
      const { neighbour, distant, stolen } = other.devices;
      for (const device of [stolen, neighbour, distant]) expect(await server.ask(device)).toMatch(accepted);
      await other.revokeTheStolenOne();
      expect(await server.ask(stolen)).toMatch(/^FAILED:certificate revoked$/);
      for (const device of [neighbour, distant]) expect(await server.ask(device)).toMatch(accepted);
    } finally {
      await server.stop();
      await other.close();
    }
  });

  it('takes no device while nobody answers for it', async () => {
    const other = await startFleet();
    const server = await startNginx(other, 'ssl_ocsp leaf;');
    try {
      await other.close();
      expect(await server.ask(other.devices.neighbour)).toMatch(/^FAILED:/);
    } finally {
      await server.stop();
    }
  });
});
