import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFolder, type Folder } from './folder.js';
import { runCommand } from './run-command.js';

describe('the device-trust command', () => {
  let folder: Folder;
  beforeAll(() => {
    folder = makeFolder();
  });
  afterAll(() => {
    folder.end();
  });

  it('makes certificates for the hosts and the release it is told, once', () => {
    const args = ['init', '--dir', folder.at('pki'), '--name', 'Example', '--release', 'app 7'];
    const hosts = ['--host', 'api.example.com', '--host', '::1'];
    const first = runCommand([...args, ...hosts]);
    expect(first).toMatchObject({ status: 0, stderr: '' });
    expect(first.stdout).toContain('bootstrap.p12');
    const read = (name: string) => readFileSync(folder.at(`pki/${name}`));
    expect(new X509Certificate(read('bootstrap.pem')).subject).toBe('CN=app 7');
    expect(new X509Certificate(read('root-ca.pem')).subject).toBe('CN=Example root');
    expect(new X509Certificate(read('server.pem')).subjectAltName).toBe(
      'DNS:api.example.com, IP Address:0:0:0:0:0:0:0:1',
    );

    const before = read('device-ca.key');
    const second = runCommand([...args, ...hosts]);
    expect(second).toMatchObject({ status: 1, stdout: '' });
    expect(second.stderr).toMatch(/^device-trust: .*exist already; nothing was changed\n$/);
    expect(read('device-ca.key')).toEqual(before);
  });

  it('inspects what it made for localhost, from files and from standard input', () => {
    // Nothing but a folder: everything else has a default.
    expect(runCommand(['init', '--dir', folder.at('inspected')]).status).toBe(0);
    const server = new X509Certificate(readFileSync(folder.at('inspected/server.pem')));
    expect(server.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1');
    const file = folder.at('inspected/device-ca.pem');
    const { status, stdout } = runCommand(['inspect', file, folder.at('inspected/root-ca.crl')]);
    expect(status).toBe(0);
    expect(stdout).toContain(`${file}: a CA certificate\n`);
    expect(stdout).toContain('root-ca.crl: a certificate revocation list\n');
    const piped = runCommand(['inspect', '-'], readFileSync(file));
    expect(piped.status).toBe(0);
    expect(piped.stdout).toContain('standard input: a CA certificate\n');
  });

  it('ends with 1 for what it cannot read, and says so in one line', () => {
    writeFileSync(folder.at('garbage'), 'what is this');
    for (const file of [folder.at('garbage'), folder.at('not-there')]) {
      const { status, stdout, stderr } = runCommand(['inspect', file]);
      expect(status).toBe(1);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/^device-trust: [^\n]+\n$/);
    }
  });

  it.each([
    ['a command that there is not', ['enrol']],
    ['init without a folder', ['init']],
    ['init with an unknown option', ['init', '--dir', 'x', '--force']],
    ['init with a stray argument', ['init', '--dir', 'x', 'y']],
    ['inspect without a file', ['inspect']],
  ])('answers %s with one line and 2', (_, args) => {
    const { status, stdout, stderr } = runCommand(args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^device-trust: [^\n]+; see device-trust --help\n$/);
  });

  it('prints its usage when asked, and ends with 2 when asked for nothing', () => {
    const { status, stdout, stderr } = runCommand(['--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('device-trust inspect FILE');
    expect(runCommand([])).toMatchObject({ status: 2 });
  });
});
