// The example service on Fastify. `npm run example:fastify`; see docs/protocol.md for the environment.

import fastify from 'fastify';
import { createMutualTlsServer, requireTier } from 'device-trust';
import { readSettings } from '../shared/environment.js';
import { createService } from '../shared/service.js';
import { startListeners } from '../shared/start-listeners.js';
import { answerErrors, requireDevice, serveDeviceTrust } from './adapter.js';

const service = await createService(readSettings());
const { trust } = service;

const app = fastify({
  serverFactory: (listener) => createMutualTlsServer(service.tls, listener),
});
app.setErrorHandler(answerErrors);
serveDeviceTrust(app, trust.handler);

app.get(
  '/account/resource',
  { onRequest: requireDevice(trust.authenticator) },
  ({ device, accessToken }) => ({
    device: { deviceId: device.deviceId, tier: device.tier },
    user: { subject: accessToken.subject },
  }),
);

app.get(
  '/account/sensitive',
  { onRequest: requireDevice(trust.authenticator, { requirements: [requireTier('device')] }) },
  ({ device, accessToken }) => ({
    device: { deviceId: device.deviceId, tier: device.tier },
    user: { subject: accessToken.subject },
  }),
);

await app.ready();
await startListeners(service, app.server, () => app.close());
