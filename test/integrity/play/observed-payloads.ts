// Payloads in the shapes that have been seen in the field; names, digests and times are made up.

export const DIGEST = 'q1b2c3d4e5f6g7h8i9j0kAlBmCnDoEpFqGrHsItJuKw';

/** Decrypted locally: the time is a number, and all labels are there. */
export const allLabelsNumericTime = {
  accountDetails: { appLicensingVerdict: 'UNEVALUATED' },
  appIntegrity: {
    appRecognitionVerdict: 'UNRECOGNIZED_VERSION',
    certificateSha256Digest: [DIGEST],
    packageName: 'com.example.app',
    versionCode: '7',
  },
  deviceIntegrity: {
    deviceRecognitionVerdict: ['MEETS_BASIC_INTEGRITY', 'MEETS_DEVICE_INTEGRITY', 'MEETS_STRONG_INTEGRITY'],
  },
  requestDetails: {
    nonce: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
    requestPackageName: 'com.example.app',
    timestampMillis: 1767225600000,
  },
};

/** A side-loaded app on a genuine phone, with the opt-in verdicts switched on. */
export const sideLoaded = {
  accountDetails: { appLicensingVerdict: 'UNEVALUATED' },
  appIntegrity: {
    appRecognitionVerdict: 'UNRECOGNIZED_VERSION',
    certificateSha256Digest: [DIGEST],
    packageName: 'com.example.app',
    versionCode: '4',
  },
  deviceIntegrity: {
    deviceAttributes: { sdkVersion: 36 },
    deviceRecognitionVerdict: ['MEETS_DEVICE_INTEGRITY'],
    recentDeviceActivity: { deviceActivityLevel: 'UNEVALUATED' },
  },
  environmentDetails: { appAccessRiskVerdict: {}, playProtectVerdict: 'UNEVALUATED' },
  requestDetails: {
    nonce: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
    requestPackageName: 'com.example.app',
    timestampMillis: '1767225600000',
  },
};

/** Nothing was evaluated; the opt-in sections are there and empty. */
export const unevaluated = {
  requestDetails: {
    requestPackageName: 'com.example.app',
    timestampMillis: '1767225600000',
    nonce: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
  },
  appIntegrity: { appRecognitionVerdict: 'UNEVALUATED' },
  deviceIntegrity: { recentDeviceActivity: { deviceActivityLevel: 'UNEVALUATED' }, deviceAttributes: {} },
  accountDetails: { appLicensingVerdict: 'UNEVALUATED' },
  environmentDetails: { playProtectVerdict: 'UNEVALUATED', appAccessRiskVerdict: {} },
};

/** Nothing was evaluated, in the oldest and shortest form. */
export const unevaluatedMinimal = {
  requestDetails: {
    requestPackageName: 'com.example.app',
    timestampMillis: '1767225600000',
    nonce: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
  },
  appIntegrity: { appRecognitionVerdict: 'UNEVALUATED' },
  deviceIntegrity: {},
  accountDetails: { appLicensingVerdict: 'UNEVALUATED' },
};

/** A standard request answered by a test setting: it looks perfect but for `testingDetails`. */
export const testingResponse = {
  requestDetails: {
    requestPackageName: 'com.example.app',
    timestampMillis: '1767225600000',
    requestHash: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
  },
  appIntegrity: {
    appRecognitionVerdict: 'PLAY_RECOGNIZED',
    packageName: 'com.example.app',
    certificateSha256Digest: [DIGEST],
    versionCode: '11',
  },
  deviceIntegrity: { recentDeviceActivity: { deviceActivityLevel: 'UNEVALUATED' }, deviceAttributes: {} },
  accountDetails: { appLicensingVerdict: 'LICENSED' },
  testingDetails: { isTestingResponse: true },
  environmentDetails: { playProtectVerdict: 'UNEVALUATED', appAccessRiskVerdict: {} },
};
