import type { Server } from 'node:https';
import { getRequestListener } from '@hono/node-server';
import express5 from 'express';
import express4 from 'express4';
import fastify from 'fastify';
import { Hono } from 'hono';
import {
  createMutualTlsServer,
  httpRequestFromNode,
  problemResponse,
  requireTier,
  sendHttpResponse,
  type AuthenticatedRequest,
  type DeviceTrust,
  type MutualTlsServerOptions,
} from '../../src/index.js';
import * as onExpress from '../../examples/express/adapter.js';
import * as onFastify from '../../examples/fastify/adapter.js';
import * as onHono from '../../examples/hono/adapter.js';

// One service, on everything that there is an adapter for. Routes: `/account/resource`, `/account/sensitive` (tier `device`),
// `/forgotten` (has no guard and asks for the device), `/broken` (throws), `/broken-later` (rejects).

/** Makes the service; its server does not listen yet. */
export type CreateService = (trust: DeviceTrust, tls: MutualTlsServerOptions) => Promise<Server>;

const demanding = { requirements: [requireTier('device')] };

export const SECRET = 'text that no client may see';

const fail = (): never => {
  throw new Error(SECRET);
};

const failLater = async (): Promise<never> => {
  await Promise.resolve();
  return fail();
};

function describe({ device, accessToken }: AuthenticatedRequest) {
  return {
    device: { deviceId: device.deviceId, tier: device.tier },
    user: { subject: accessToken.subject },
  };
}

const onExpressOf =
  (express: typeof express5): CreateService =>
  async (trust, tls) => {
    const app = express();
    app.use((request, _response, next) => {
      // As packages do that look at the user agent: nobody may take this for a proven device.
      Object.assign(request, { device: { deviceId: 'phone' }, accessToken: { subject: 'mallory' } });
      next();
    });
    app.use(onExpress.serveDeviceTrust(trust.handler));
    app.use(express.json({ limit: '10mb' }));
    app.get('/account/resource', onExpress.requireDevice(trust.authenticator), (request, response) => {
      response.json(describe(request));
    });
    app.get(
      '/account/sensitive',
      onExpress.requireDevice(trust.authenticator, demanding),
      onExpress.catchRejections(async (request, response) => {
        response.json(describe(request));
      }),
    );
    app.get('/forgotten', (request, response) => {
      response.json({ device: request.device, accessToken: request.accessToken });
    });
    app.get('/overwritten', (request, response) => {
      Object.assign(request, { device: { deviceId: 'phone' } });
      response.json({ device: request.device });
    });
    app.get('/broken', fail);
    app.get('/broken-later', onExpress.catchRejections(failLater));
    app.post('/echo', (request, response) => {
      response.json(request.body);
    });
    app.use(onExpress.answerErrors);
    return createMutualTlsServer(tls, app);
  };

const onFastifyOf: CreateService = async (trust, tls) => {
  const app = fastify({
    serverFactory: (listener) => createMutualTlsServer(tls, listener),
    bodyLimit: 10_000_000,
  });
  app.setErrorHandler(onFastify.answerErrors);
  onFastify.serveDeviceTrust(app, trust.handler);
  app.get('/account/resource', { onRequest: onFastify.requireDevice(trust.authenticator) }, describe);
  app.register(async (inner) => {
    const onRequest = onFastify.requireDevice(trust.authenticator, demanding);
    inner.get('/account/sensitive', { onRequest }, async (request) => describe(request));
  });
  app.get('/forgotten', ({ device, accessToken }) => ({ device, accessToken }));
  app.get('/overwritten', (request) => {
    Object.assign(request, { device: { deviceId: 'phone' } });
    return { device: request.device };
  });
  app.get('/broken', fail);
  app.get('/broken-later', failLater);
  app.post('/echo', ({ body }) => body);
  await app.ready();
  return app.server;
};

const onHonoOf: CreateService = async (trust, tls) => {
  const app = new Hono<onHono.DeviceEnv>();
  app.onError(onHono.answerErrors);
  app.use(onHono.serveDeviceTrust(trust.handler));
  app.get('/account/resource', onHono.requireDevice(trust.authenticator), (c) => c.json(describe(c.var)));
  app.get('/account/sensitive', onHono.requireDevice(trust.authenticator, demanding), async (c) =>
    c.json(describe(c.var)),
  );
  app.get('/forgotten', (c) => c.json(describe(c.var)));
  app.get('/broken', fail);
  app.get('/broken-later', failLater);
  const listener = getRequestListener(app.fetch);
  return createMutualTlsServer(tls, (incoming, outgoing) => void listener(incoming, outgoing));
};

const onNodeOf: CreateService = async ({ handler, authenticator }, tls) => {
  const routes: Readonly<Record<string, (request: Parameters<typeof httpRequestFromNode>[0]) => unknown>> = {
    '/account/resource': async (request) => describe(await authenticator.authenticate(request)),
    '/account/sensitive': async (request) => describe(await authenticator.authenticate(request, demanding)),
    '/broken': fail,
    '/broken-later': failLater,
  };
  return createMutualTlsServer(tls, (request, response) => {
    async function answer() {
      const known = await handler.handle(httpRequestFromNode(request));
      if (known !== null) return known;
      const route = routes[request.url ?? ''];
      const body = JSON.stringify((await route?.(request)) ?? null);
      return { status: route ? 200 : 404, headers: { 'content-type': 'application/json' }, body };
    }
    void answer()
      .catch(problemResponse)
      .then((known) => {
        sendHttpResponse(known, response);
      });
  });
};

/** Every adapter, and Node.js without any. */
export const services = {
  'Express 5': onExpressOf(express5),
  'Express 4': onExpressOf(express4),
  'Fastify 5': onFastifyOf,
  Hono: onHonoOf,
  'Node.js': onNodeOf,
} as const satisfies Record<string, CreateService>;

export type ServiceName = keyof typeof services;

export const serviceNames = Object.keys(services) as ServiceName[];
