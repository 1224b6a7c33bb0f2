// Hono on device-trust, over @hono/node-server: copy this file into your app.

import type { HttpBindings } from '@hono/node-server';
import type { ErrorHandler, MiddlewareHandler } from 'hono';
import { createMiddleware } from 'hono/factory';
import { HTTPException } from 'hono/http-exception';
import { createFetchHandler, problemResponse } from 'device-trust';
import type {
  AuthenticatedRequest,
  Authenticator,
  HttpHandler,
  HttpResponse,
  RouteDemands,
} from 'device-trust';

/** What every app has: the request of Node.js, which shows the TLS connection. */
export interface NodeEnv {
  Bindings: HttpBindings;
}

/**
 * What routes behind {@link requireDevice} have: `c.var.device` and, apart from it, `c.var.accessToken`. Leave it off the app
 * itself: then a route that forgot the guard does not compile.
 */
export interface DeviceEnv extends NodeEnv {
  Variables: AuthenticatedRequest;
}

/** Serves the endpoints of the library. Mount it first: it reads bodies itself, up to a limit of its own. */
export function serveDeviceTrust(handler: HttpHandler): MiddlewareHandler<NodeEnv> {
  const handle = createFetchHandler(handler);
  return async (c, next) => {
    const answer = await handle(c.req.raw, c.env.incoming);
    if (answer === null) return next();
    if (!c.env.incoming.complete) answer.headers.set('connection', 'close');
    return answer;
  };
}

/** Lets a request through only with a good device certificate and a good access token, both as the route demands. */
export function requireDevice(authenticator: Authenticator, demands: RouteDemands = {}) {
  return createMiddleware<DeviceEnv>(async (c, next) => {
    try {
      const { device, accessToken } = await authenticator.authenticate(c.env.incoming, demands);
      c.set('device', device);
      c.set('accessToken', accessToken);
    } catch (error) {
      return toResponse(problemResponse(error));
    }
    return next();
  });
}

/** Answers errors of routes as problem details, without their text; what a route blames on the client is left as it is. */
export const answerErrors: ErrorHandler = (error) => {
  if (error instanceof HTTPException && error.status < 500) return error.getResponse();
  return toResponse(problemResponse(error));
};

function toResponse({ status, headers, body }: HttpResponse): Response {
  return new Response(body, { status, headers });
}
