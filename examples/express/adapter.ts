// Express 4 and 5 on device-trust: copy this file into your app.

import type { ErrorRequestHandler, Request, RequestHandler } from 'express';
import { httpRequestFromNode, problemResponse, sendHttpResponse } from 'device-trust';
import type { AuthenticatedRequest, Authenticator, HttpHandler, RouteDemands } from 'device-trust';

declare module 'express-serve-static-core' {
  interface Request {
    /** The device; a route that forgot {@link requireDevice} fails on it, instead of serving anyone. */
    readonly device: AuthenticatedRequest['device'];
    /** Apart from the device, the user; likewise. */
    readonly accessToken: AuthenticatedRequest['accessToken'];
  }
}

/** What {@link requireDevice} proved of each request: nobody else can write here. */
const proofs = new WeakMap<object, AuthenticatedRequest>();

function proofOf(request: object): AuthenticatedRequest {
  const proof = proofs.get(request);
  if (!proof) throw new Error('the route is not guarded by requireDevice');
  return proof;
}

/** Takes the names from whoever used them before, and does not give them away again. */
function defineMembers(request: Request): void {
  Object.defineProperties(request, {
    device: { get: () => proofOf(request).device },
    accessToken: { get: () => proofOf(request).accessToken },
  });
}

/** Serves the endpoints of the library. Mount it first, for all paths: before any body parser, and before all routes. */
export function serveDeviceTrust(handler: HttpHandler): RequestHandler {
  return (request, response, next) => {
    defineMembers(request);
    handler
      .handle(httpRequestFromNode(request, request.originalUrl))
      .then((answer) => {
        if (answer) sendHttpResponse(answer, response);
        else next();
      })
      .catch(next);
  };
}

/** Lets a request through only with a good device certificate and a good access token, both as the route demands. */
export function requireDevice(authenticator: Authenticator, demands: RouteDemands = {}): RequestHandler {
  return async (request, response, next) => {
    try {
      proofs.set(request, await authenticator.authenticate(request, demands));
    } catch (error) {
      sendHttpResponse(problemResponse(error), response);
      return;
    }
    next();
  };
}

/** For routes that are async functions: Express 4 does not look at what they return, and would leave the client waiting. */
export function catchRejections(route: RequestHandler): RequestHandler {
  return (request, response, next) => {
    Promise.resolve(route(request, response, next)).catch(next);
  };
}

/** Answers errors without their text: those of routes as problem details, those that parsers blame on the client by their status. */
export const answerErrors: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  const { status } = Object(error) as { readonly status?: unknown };
  if (response.headersSent) next(error);
  else if (typeof status === 'number' && status >= 400 && status < 500) response.sendStatus(status);
  else sendHttpResponse(problemResponse(error), response);
};
