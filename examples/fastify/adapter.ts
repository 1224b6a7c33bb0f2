// Fastify 5 on device-trust: copy this file into your app.

import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { httpRequestFromNode, problemResponse, type HttpHandler, type HttpResponse } from 'device-trust';
import type { AuthenticatedRequest, Authenticator, RouteDemands } from 'device-trust';

declare module 'fastify' {
  interface FastifyRequest {
    /** The device; a route that forgot {@link requireDevice} fails on it, instead of serving anyone. */
    readonly device: AuthenticatedRequest['device'];
    /** Apart from the device, the user; likewise. */
    readonly accessToken: AuthenticatedRequest['accessToken'];
  }
}

/** What {@link requireDevice} proved of each request: nobody else can write here. */
const proofs = new WeakMap<FastifyRequest, AuthenticatedRequest>();

function proofOf(request: FastifyRequest): AuthenticatedRequest {
  const proof = proofs.get(request);
  if (!proof) throw new Error('the route is not guarded by requireDevice');
  return proof;
}

/** Serves the endpoints of the library, and gives every request its members. Call it first, on the root. */
export function serveDeviceTrust(app: FastifyInstance, handler: HttpHandler): void {
  app.decorateRequest<AuthenticatedRequest['device'], 'device'>('device', {
    getter() {
      return proofOf(this).device;
    },
  });
  app.decorateRequest<AuthenticatedRequest['accessToken'], 'accessToken'>('accessToken', {
    getter() {
      return proofOf(this).accessToken;
    },
  });
  app.register(endpoints, { prefix: '/device-trust', handler });
}

/** In a context of their own: they read their bodies themselves, up to a limit of their own. */
async function endpoints(app: FastifyInstance, { handler }: { readonly handler: HttpHandler }) {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => {
    done(null);
  });
  app.all('/*', async (request, reply) => {
    const answer = await handler.handle(httpRequestFromNode(request.raw));
    if (answer) return send(answer, request, reply);
    reply.callNotFound();
    return reply;
  });
}

/** Lets a request through only with a good device certificate and a good access token, both as the route demands. */
export function requireDevice(authenticator: Authenticator, demands: RouteDemands = {}) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    try {
      proofs.set(request, await authenticator.authenticate(request.raw, demands));
      return;
    } catch (error) {
      return send(problemResponse(error), request, reply);
    }
  };
}

/** Answers errors of routes as problem details, without their text; what Fastify blames on the client goes to Fastify. */
export function answerErrors(error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  const isOfClient = error.statusCode !== undefined && error.statusCode < 500;
  return isOfClient ? reply.send(error) : send(problemResponse(error), request, reply);
}

function send(response: HttpResponse, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (!request.raw.complete) reply.header('connection', 'close');
  // As bytes, because Fastify adds a charset to the type of texts.
  return reply.code(response.status).headers(response.headers).send(Buffer.from(response.body));
}
