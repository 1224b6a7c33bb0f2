// integrity/play: imports core and this folder only.

import { MalformedError } from '../../core/errors.js';
import { JsonObject } from './json-object.js';
import type { PlayIntegrityPayload } from './play-integrity-payload.js';

/**
 * Reads the payload of a Play Integrity token: strict about the type of each member it knows, deaf to members it does not
 * know, and faithful to enumeration values it does not know. Judges nothing.
 *
 * A payload of the Windows variant of the API (`requestTime` instead of `timestampMillis`) does not parse.
 *
 * @throws MalformedError `evidence_malformed` if a member has another type, the package or time of the request is
 *   missing, or the payload claims to be of both kinds of request
 */
export function parsePlayIntegrityPayload(json: unknown): PlayIntegrityPayload {
  const payload = JsonObject.from(json, 'payload');
  const request = payload.object('requestDetails');
  const app = payload.object('appIntegrity');
  const device = payload.object('deviceIntegrity');
  const account = payload.object('accountDetails');
  const environment = payload.object('environmentDetails');
  return {
    requestDetails: parseRequestDetails(request),
    appIntegrity: {
      appRecognitionVerdict: app.string('appRecognitionVerdict'),
      packageName: app.string('packageName'),
      certificateSha256Digest: app.strings('certificateSha256Digest'),
      versionCode: app.digits('versionCode'),
    },
    deviceIntegrity: {
      deviceRecognitionVerdict: device.strings('deviceRecognitionVerdict'),
      sdkVersion: device.object('deviceAttributes').integer('sdkVersion'),
      deviceActivityLevel: device.object('recentDeviceActivity').string('deviceActivityLevel'),
      deviceRecall: parseDeviceRecall(device.object('deviceRecall')),
    },
    accountDetails: {
      appLicensingVerdict: account.string('appLicensingVerdict'),
      activityLevel: account.object('accountActivity').string('activityLevel'),
    },
    environmentDetails: {
      appsDetected: environment.object('appAccessRiskVerdict').strings('appsDetected'),
      playProtectVerdict: environment.string('playProtectVerdict'),
    },
    testingDetails: {
      isTestingResponse: payload.object('testingDetails').boolean('isTestingResponse') ?? false,
    },
  };
}

function parseRequestDetails(request: JsonObject): PlayIntegrityPayload['requestDetails'] {
  const requestPackageName = request.string('requestPackageName');
  const nonce = request.string('nonce');
  const requestHash = request.string('requestHash');
  if (requestPackageName === null) {
    throw new MalformedError('evidence_malformed', {
      message: 'the payload names no package of the request',
    });
  }
  if (nonce !== null && requestHash !== null) {
    throw new MalformedError('evidence_malformed', { message: 'the payload has both nonce and requestHash' });
  }
  return { requestPackageName, timestampMillis: request.millis('timestampMillis'), nonce, requestHash };
}

function parseDeviceRecall(recall: JsonObject): PlayIntegrityPayload['deviceIntegrity']['deviceRecall'] {
  const values = recall.object('values');
  const writeDates = recall.object('writeDates');
  return {
    bitFirst: values.boolean('bitFirst'),
    bitSecond: values.boolean('bitSecond'),
    bitThird: values.boolean('bitThird'),
    yyyymmFirst: writeDates.integer('yyyymmFirst'),
    yyyymmSecond: writeDates.integer('yyyymmSecond'),
    yyyymmThird: writeDates.integer('yyyymmThird'),
  };
}
