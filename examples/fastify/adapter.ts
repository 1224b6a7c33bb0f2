// Fastify on device-trust: copy this file into your app.

import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import {
  httpRequestFromNode,
  problemResponse,
  type AuthenticatedRequest,
  type Authenticator,
  type HttpHandler,
  type HttpResponse,
  type RouteDemands,
} from 'device-trust';

declare module 'fastify' {
  interface FastifyRequest {
    /** The device, and apart from it the user; set by {@link requireDevice}. */
    trust: AuthenticatedRequest | null;
  }
}

/** Serves the endpoints of the library, in a context of their own: they read their bodies themselves. */
export async function serveDeviceTrust(
  app: FastifyInstance,
  options: { handler: HttpHandler },
): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => {
    done(null);
  });
  app.all('/*', async (request, reply) => {
    const answer = await options.handler.handle(httpRequestFromNode(request.raw));
    if (answer) return send(answer, request, reply);
    reply.callNotFound();
    return reply;
  });
}

/** Lets a request through only with a good device certificate and a good access token, both as the route demands. */
export function requireDevice(
  authenticator: Authenticator,
  demands: RouteDemands = {},
): onRequestAsyncHookHandler {
  return async (request, reply) => {
    try {
      request.trust = await authenticator.authenticate(request.raw, demands);
    } catch (error) {
      return send(problemResponse(error), request, reply);
    }
  };
}

/** Reads what {@link requireDevice} proved; a route that forgot it fails instead of serving anyone. */
export function trustOf(request: FastifyRequest): AuthenticatedRequest {
  if (!request.trust) throw new Error('the route is not guarded by requireDevice');
  return request.trust;
}

/** Sends an answer of the library; as bytes, because Fastify adds a charset to the type of texts. */
export function send(response: HttpResponse, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (!request.raw.complete) reply.header('connection', 'close');
  return reply.code(response.status).headers(response.headers).send(Buffer.from(response.body));
}
