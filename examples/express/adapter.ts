// Express on device-trust: copy this file into your app.

import type { NextFunction, Request, RequestHandler, Response } from 'express';
import {
  httpRequestFromNode,
  problemResponse,
  sendHttpResponse,
  type AuthenticatedRequest,
  type Authenticator,
  type HttpHandler,
  type RouteDemands,
} from 'device-trust';

declare module 'express-serve-static-core' {
  interface Request {
    /** The device, and apart from it the user; set by {@link requireDevice}. */
    trust?: AuthenticatedRequest;
  }
}

/** Serves the endpoints of the library; mount it before any body parser. */
export function serveDeviceTrust(handler: HttpHandler): RequestHandler {
  return (request, response, next) => {
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
  return (request, response, next) => {
    authenticator
      .authenticate(request, demands)
      .then((trust) => {
        request.trust = trust;
        next();
      })
      .catch((error: unknown) => {
        sendHttpResponse(problemResponse(error), response);
      });
  };
}

/** Reads what {@link requireDevice} proved; a route that forgot it fails instead of serving anyone. */
export function trustOf(request: Request): AuthenticatedRequest {
  if (!request.trust) throw new Error('the route is not guarded by requireDevice');
  return request.trust;
}

/** Answers errors of routes as problem details, without their text. Mount it last. */
export function answerErrors(
  error: unknown,
  _request: Request,
  response: Response,
  next: NextFunction,
): void {
  if (response.headersSent) next(error);
  else sendHttpResponse(problemResponse(error), response);
}
