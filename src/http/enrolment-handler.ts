// http: imports core, contracts and the use cases.

import type { Enrolment } from '../enrolment/enrolment.js';
import type { RenewalOrders } from '../enrolment/renewal-orders.js';
import { createAdmission, type AdmissionOptions } from './admission.js';
import {
  describeCertificate,
  describeRenewal,
  parseIssuanceRequest,
  parsePurpose,
} from './issuance-request.js';
import { jsonResponse, type HttpHandler, type HttpRequest, type HttpResponse } from './http-message.js';
import type { ProblemOptions } from './problem.js';
import { readJson } from './read-json.js';
import { createRouter, type Route } from './router.js';

/** What the device endpoints work with. */
export interface EnrolmentHandlerOptions extends ProblemOptions, Omit<AdmissionOptions, 'graceSecondsOf'> {
  readonly enrolment: Enrolment;
  /** Says when devices should renew. */
  readonly renewals: Pick<RenewalOrders, 'findWindow'>;
  /** Text of the OpenAPI document to serve; {@link EnrolmentHandlerOptions.basePath}`/openapi.yaml`. Default: none. */
  readonly openApi?: string;
  /** Where the endpoints are. Default `/device-trust/v1`. */
  readonly basePath?: string;
}

/** After so many seconds a device may ask again whether it should renew earlier (RFC 9773 section 4.3). */
const ASK_AGAIN_SECONDS = 6 * 60 * 60;

/**
 * The endpoints that devices speak to on the mTLS listener, as in `docs/protocol.md`: `POST /challenges`, `POST
 * /certificates`, `POST /certificates/renew`, `GET /device`, and `GET /openapi.yaml` if there is a document.
 */
export function createEnrolmentHandler(options: EnrolmentHandlerOptions): HttpHandler {
  const { enrolment, authenticator, renewals, openApi, basePath = '/device-trust/v1' } = options;
  const admission = createAdmission({
    ...options,
    graceSecondsOf: (tier) => enrolment.graceSecondsOf(tier),
  });

  async function createChallenge(request: HttpRequest): Promise<HttpResponse> {
    await admission.admitChallenge(request);
    const { challenge, expiresAt } = enrolment.createChallenge(parsePurpose(await readJson(request)));
    return jsonResponse(201, { challenge, expiresAt: expiresAt.toISOString() });
  }

  async function enroll(request: HttpRequest): Promise<HttpResponse> {
    const identity = await admission.admitEnrolment(request);
    const issued = await enrolment.enroll({
      ...(await readIssuanceRequest(request)),
      bootstrapCertificateSha256: identity.kind === 'bootstrap' ? identity.certificateSha256 : null,
    });
    return jsonResponse(201, describeCertificate(issued));
  }

  async function renew(request: HttpRequest): Promise<HttpResponse> {
    const device = await admission.admitRenewal(request);
    const issued = await enrolment.renew({ ...(await readIssuanceRequest(request)), device });
    return jsonResponse(201, describeCertificate(issued));
  }

  async function describeDevice(request: HttpRequest): Promise<HttpResponse> {
    const device = await authenticator.authenticateDevice(request.connection);
    const { deviceId, tier, serialNumber, notAfter } = device;
    const renewal = describeRenewal(await renewals.findWindow(device));
    const answer = jsonResponse(200, {
      deviceId,
      tier,
      serialNumber,
      notAfter: notAfter.toISOString(),
      renewal,
    });
    return { ...answer, headers: { ...answer.headers, 'retry-after': String(ASK_AGAIN_SECONDS) } };
  }

  async function readIssuanceRequest(request: HttpRequest) {
    const body = parseIssuanceRequest(await readJson(request));
    return request.signal ? { ...body, signal: request.signal } : body;
  }

  const document: readonly Route[] =
    openApi === undefined
      ? []
      : [{ method: 'GET', path: `${basePath}/openapi.yaml`, handle: async () => describeApi(openApi) }];
  return createRouter({
    problems: options,
    routes: [
      { method: 'POST', path: `${basePath}/challenges`, handle: createChallenge },
      { method: 'POST', path: `${basePath}/certificates`, handle: enroll },
      { method: 'POST', path: `${basePath}/certificates/renew`, handle: renew },
      { method: 'GET', path: `${basePath}/device`, handle: describeDevice },
      ...document,
    ],
  });
}

function describeApi(text: string): HttpResponse {
  // RFC 9512.
  return { status: 200, headers: { 'content-type': 'application/yaml' }, body: text };
}
