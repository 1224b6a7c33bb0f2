// Whose evidence the example servers read, and how they find out whether a vendor answers.

import type { IntegrityProvider, Stores, VendorProbe } from 'device-trust';
import {
  createAndroidKeyAttestationProvider,
  createAttestationStatusList,
  createFixedStatusList,
} from 'device-trust/android-key-attestation';
import { createAppAttestProvider } from 'device-trust/app-attest';
import { createHarmonyOsKeyAttestationProvider } from 'device-trust/harmonyos-key-attestation';
import { createHuaweiSysIntegrityProvider } from 'device-trust/huawei-sysintegrity';
import {
  createPlayIntegrityProvider,
  createVendorBudget,
  googleDecode,
  localDecryption,
} from 'device-trust/play-integrity';
import type {
  AndroidSettings,
  AppleSettings,
  HarmonyOsSettings,
  HuaweiSettings,
  PlaySettings,
  Settings,
} from './environment.js';

/** A provider, and the probe of its vendor if it asks one. */
interface Source {
  readonly provider: IntegrityProvider;
  readonly probe?: VendorProbe;
}

/** Those that the settings name. */
export interface Sources {
  readonly providers: readonly IntegrityProvider[];
  readonly probes: readonly VendorProbe[];
}

export function createSources(settings: Settings, stores: Stores): Sources {
  const { play, huawei, android, apple, harmonyOs } = settings;
  const sources: readonly Source[] = [
    ...(play ? [readPlay(play, stores)] : []),
    ...(android ? [readAndroid(android)] : []),
    ...(huawei ? [readHuawei(huawei)] : []),
    ...(harmonyOs ? [readHarmonyOs(harmonyOs)] : []),
    ...(apple ? [readApple(apple, stores)] : []),
  ];
  return {
    providers: sources.map(({ provider }) => provider),
    probes: sources.flatMap(({ probe }) => (probe ? [probe] : [])),
  };
}

function readPlay({ packageName, certificateSha256, keys, apiUrl }: PlaySettings, stores: Stores): Source {
  if (keys) {
    const decode = localDecryption(keys);
    return { provider: createPlayIntegrityProvider({ packageName, certificateSha256, decode }) };
  }
  const budget = createVendorBudget({ usageCounters: stores.usageCounters, provider: 'play-integrity' });
  const decode = googleDecode({ budget, ...(apiUrl === null ? {} : { apiUrl }) });
  return {
    provider: createPlayIntegrityProvider({ packageName, certificateSha256, decode }),
    probe: decode,
  };
}

function readAndroid({ roots, statusUrl, ...app }: AndroidSettings): Source {
  const isTest = roots.length > 0;
  const ownRoots = isTest ? { roots } : {};
  if (isTest && statusUrl === null) {
    // Google knows nothing of the phones of a test.
    const statusList = createFixedStatusList({ entries: {} });
    return { provider: createAndroidKeyAttestationProvider({ ...app, ...ownRoots, statusList }) };
  }
  const statusList = createAttestationStatusList(statusUrl === null ? {} : { url: statusUrl });
  return {
    provider: createAndroidKeyAttestationProvider({ ...app, ...ownRoots, statusList }),
    probe: statusList,
  };
}

function readHuawei({ packageName, certificateSha256, appId, roots }: HuaweiSettings): Source {
  const provider = createHuaweiSysIntegrityProvider({
    packageName,
    certificateSha256,
    // Without an app id only tokens that may lack one can be taken.
    ...(appId === null ? { kinds: ['hms'] as const } : { appId }),
    ...(roots.length === 0 ? {} : { roots: { hms: roots, harmonyos: roots, 'harmonyos-enhanced': roots } }),
  });
  return { provider };
}

function readHarmonyOs({ bundleName, appIdentifier, roots }: HarmonyOsSettings): Source {
  const ownRoots = roots.length === 0 ? {} : { roots };
  const appIdentifiers = [appIdentifier];
  return { provider: createHarmonyOsKeyAttestationProvider({ bundleName, appIdentifiers, ...ownRoots }) };
}

function readApple({ appId, roots }: AppleSettings, { attestedKeys }: Stores): Source {
  const provider = createAppAttestProvider({
    appIds: [appId],
    keys: attestedKeys,
    // Phones of a test attest in either environment, and Apple has signed no receipt for them.
    ...(roots.length === 0
      ? {}
      : { roots, environments: ['production', 'development'] as const, receipt: 'keep' as const }),
  });
  return { provider };
}
