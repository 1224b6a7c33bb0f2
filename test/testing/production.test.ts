import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConfigurationError } from '../../src/index.js';
import * as testing from '../../src/testing.js';
import { rejectionOf } from '../thrown-by.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('in production', () => {
  it.each<[string, () => unknown]>([
    ['the clock', () => testing.createFakeClock()],
    ['Play', () => testing.createFakePlay()],
    ['Huawei', () => testing.createFakeHuawei()],
    ['the Android key store', () => testing.createFakeAndroidKeystore()],
    ['the status list', () => testing.createFakeStatusListServer()],
    ['the keystore of HarmonyOS', () => testing.createFakeHarmonyOsKeystore()],
    ['App Attest', () => testing.createFakeAppAttest()],
    [
      'the receipt server of App Attest',
      () => testing.createFakeAppAttestReceiptServer({ apple: testing.createFakeAppAttest() }),
    ],
    ['the token issuer', () => testing.createFakeTokenIssuer()],
    ['the authorization server', () => testing.createFakeAuthorizationServer()],
    ['the authority', () => testing.createTestAuthority()],
    ['the decode server', () => testing.createFakeGoogleDecodeServer({ play: testing.createFakePlay() })],
    [
      'the device',
      () =>
        testing.createSimulatedDevice({
          serverUrl: 'https://127.0.0.1:1',
          serverCa: '',
          bootstrap: { certificate: '', privateKey: '' },
          evidence: () => null,
        }),
    ],
  ])('%s refuses to start', async (_what, create) => {
    vi.stubEnv('NODE_ENV', 'production');
    const error = await rejectionOf(
      (async () => {
        await create();
      })(),
    );
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option: 'NODE_ENV' });
  });
});
