// Everything that the stories of the demo play on: an example server, the vendors that it believes, and phones.

import {
  createFakeAndroidKeystore,
  createFakeAppAttest,
  createFakeGoogleDecodeServer,
  createFakeHarmonyOsKeystore,
  createFakeHuawei,
  createFakePlay,
  createFakeTokenIssuer,
  createSimulatedDevice,
  type EvidenceSource,
  type FakePlayTokenRequest,
  type SimulatedDevice,
} from 'device-trust/testing';
import { openDemoStore } from './demo-store.js';
import { startExample, type RunningExample, type StartOptions } from './start-example.js';
import { createStory } from './story.js';

/** What the demo is told on the command line. */
export interface StageOptions {
  readonly framework: StartOptions['framework'];
  readonly replicas: number;
  readonly store: string;
}

export type Stage = Awaited<ReturnType<typeof createStage>>;

/** A system that is not of the phone's maker and is trusted all the same, as GrapheneOS is by those who choose to. */
export const TRUSTED_BOOT_KEY = 'ab'.repeat(32);

/** Sets the stage: certificates live for an hour at most, so that all of them are about to end. */
export async function createStage({ framework, replicas: count, store: kind }: StageOptions) {
  const play = createFakePlay();
  const google = await createFakeGoogleDecodeServer({ play });
  const huawei = createFakeHuawei();
  const harmonyOs = createFakeHarmonyOsKeystore({ bundleName: huawei.packageName });
  const android = createFakeAndroidKeystore({ packageName: play.packageName });
  const apple = createFakeAppAttest();
  const tokens = createFakeTokenIssuer();
  const store = await openDemoStore(kind);
  const options: StartOptions = {
    framework,
    believed: { play, huawei, tokens },
    ...store.settings,
    settings: (file) => ({
      PLAY_CERT_SHA256: `${play.certificateSha256},${android.certificateSha256}`,
      // Google decodes: somebody has to be there who can be down.
      PLAY_DECRYPTION_KEY: '',
      PLAY_API_URL: google.apiUrl,
      GOOGLE_APPLICATION_CREDENTIALS: file('google.json', JSON.stringify(google.credentials)),
      ANDROID_ATTESTATION_ROOTS: file('android-roots.pem', android.roots.join('')),
      ANDROID_BOOT_KEYS: TRUSTED_BOOT_KEY,
      APPLE_APP_ID: apple.appId,
      APPLE_ATTESTATION_ROOT: file('apple-root.pem', apple.roots.join('')),
      HARMONYOS_APP_IDENTIFIER: harmonyOs.appIdentifier,
      HARMONYOS_ATTESTATION_ROOT: file('harmonyos-root.pem', harmonyOs.root),
      OUTAGE_POLICY: 'on',
      PROBE_MEMORY_SECONDS: '1',
      MAX_LIFETIME_SECONDS: '3600',
    }),
  };
  const server = await startExample(options);
  const replicas: RunningExample[] = [];
  for (let index = 1; index < count; index += 1) {
    replicas.push(await startExample({ ...options, beside: server }));
  }
  const story = createStory(process.stdout);
  const devices: SimulatedDevice[] = [];

  return {
    ...{ story, server, replicas, play, google, huawei, harmonyOs, android, apple },

    /** A phone with our app on it, and nothing else yet. */
    buyPhone: (evidence: EvidenceSource, platform = 'android'): SimulatedDevice => {
      const device = createSimulatedDevice({
        serverUrl: server.mtlsUrl,
        serverCa: server.readFile('root-ca.pem'),
        bootstrap: {
          certificate: server.readFile('bootstrap.pem'),
          privateKey: server.readFile('bootstrap.key'),
        },
        evidence,
        claimed: { platform, manufacturer: 'Acme', model: 'One', osVersion: '16', appVersion: '1.0.0' },
      });
      devices.push(device);
      return device;
    },

    fromPlay:
      (changes: FakePlayTokenRequest = {}): EvidenceSource =>
      ({ binding }) => ({ provider: 'play-integrity', token: play.createToken({ binding, ...changes }) }),

    createAccessToken: (subject: string, lifetimeSeconds?: number): Promise<string> =>
      tokens.createToken({ subject, ...(lifetimeSeconds === undefined ? {} : { lifetimeSeconds }) }),

    /** The header of an access token. */
    authorize: async (subject: string) => ({
      authorization: `Bearer ${await tokens.createToken({ subject })}`,
    }),

    async close(): Promise<void> {
      for (const device of devices) device.close();
      for (const replica of replicas) await replica.stop();
      await server.stop();
      await google.close();
      await store.drop();
    },
  };
}
