// http: imports core, contracts and the use cases.

import type { Authenticator } from '../authentication/authenticator.js';
import type { Enrolment } from '../enrolment/enrolment.js';
import { renewAfter } from '../enrolment/renewal-window.js';
import { describeCertificate, parseIssuanceRequest, parsePurpose } from './issuance-request.js';
import { jsonResponse, type HttpHandler, type HttpRequest, type HttpResponse } from './http-message.js';
import type { ProblemOptions } from './problem.js';
import { readJson } from './read-json.js';
import { createRouter } from './router.js';

/** What the device endpoints work with. */
export interface EnrolmentHandlerOptions extends ProblemOptions {
  readonly enrolment: Enrolment;
  readonly authenticator: Authenticator;
  /** Where the endpoints are. Default `/device-trust/v1`. */
  readonly basePath?: string;
}

/**
 * The endpoints that devices speak to on the mTLS listener, as in `docs/protocol.md`: `POST /challenges`, `POST
 * /certificates`, `POST /certificates/renew`, `GET /device`.
 */
export function createEnrolmentHandler(options: EnrolmentHandlerOptions): HttpHandler {
  const { enrolment, authenticator, basePath = '/device-trust/v1' } = options;

  async function createChallenge(request: HttpRequest): Promise<HttpResponse> {
    if (authenticator.identify(request.connection).kind === 'device') await authenticateForRenewal(request);
    const { challenge, expiresAt } = enrolment.createChallenge(parsePurpose(await readJson(request)));
    return jsonResponse(201, { challenge, expiresAt: expiresAt.toISOString() });
  }

  async function enroll(request: HttpRequest): Promise<HttpResponse> {
    const identity = authenticator.identify(request.connection);
    if (identity.kind === 'device') await authenticator.authenticateDevice(request.connection);
    const issued = await enrolment.enroll({
      ...(await readIssuanceRequest(request)),
      bootstrapCertificateSha256: identity.kind === 'bootstrap' ? identity.certificateSha256 : null,
    });
    return jsonResponse(201, describeCertificate(issued));
  }

  async function renew(request: HttpRequest): Promise<HttpResponse> {
    const device = await authenticateForRenewal(request);
    const issued = await enrolment.renew({ ...(await readIssuanceRequest(request)), device });
    return jsonResponse(201, describeCertificate(issued));
  }

  async function describeDevice(request: HttpRequest): Promise<HttpResponse> {
    const device = await authenticator.authenticateDevice(request.connection);
    const { deviceId, tier, serialNumber, notAfter, issuedAt } = device;
    return jsonResponse(200, {
      deviceId,
      tier,
      serialNumber,
      notAfter: notAfter.toISOString(),
      renewal: { renewAfter: renewAfter({ intendedAt: issuedAt, notAfter }).toISOString() },
    });
  }

  /** Lets an expired certificate through for as long as it may still be renewed. */
  function authenticateForRenewal(request: HttpRequest) {
    return authenticator.authenticateDevice(request.connection, {
      graceSeconds: (tier) => enrolment.graceSecondsOf(tier),
    });
  }

  async function readIssuanceRequest(request: HttpRequest) {
    const body = parseIssuanceRequest(await readJson(request));
    return request.signal ? { ...body, signal: request.signal } : body;
  }

  return createRouter({
    problems: options,
    routes: [
      { method: 'POST', path: `${basePath}/challenges`, handle: createChallenge },
      { method: 'POST', path: `${basePath}/certificates`, handle: enroll },
      { method: 'POST', path: `${basePath}/certificates/renew`, handle: renew },
      { method: 'GET', path: `${basePath}/device`, handle: describeDevice },
    ],
  });
}
